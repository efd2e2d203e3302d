/*
  Packages that only the benchmarks use: those of bench/peers, and the official JavaScript client (npm `dolphindb`) of test/oracle.
*/
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../peers/', import.meta.url))
const oracle = new URL('../../test/oracle/', import.meta.url)
const client = new URL('node_modules/dolphindb/index.js', oracle)

/** Loads a package of bench/peers. */
export const peer = name => require(name)

/** A few words on why a package of bench/peers cannot be used here; undefined if it can be used. */
export function missing(name) {
  try {
    require(name)
    return undefined
  } catch (error) {
    return error.message.includes(`'${name}'`) ? 'not installed' : 'no binary for this machine'
  }
}

/** As `missing`, for the client. */
export const clientMissing = existsSync(client) ? undefined : 'not installed'

/** Imports the client. Its packages change the prototypes of everything in the process. */
export async function importClient() {
  // Defines a function that the client's packages call and that Node 20 lacks.
  Promise.withResolvers ??= () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
  return import(client)
}
