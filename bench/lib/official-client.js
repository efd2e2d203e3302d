/*
  The official JavaScript client (npm `dolphindb`), from the packages of test/oracle.
*/
import { existsSync } from 'node:fs'

const folder = new URL('../../test/oracle/', import.meta.url)
const main = new URL('node_modules/dolphindb/index.js', folder)

export const clientIsInstalled = existsSync(main)

/** Imports the client. Its packages change the prototypes of everything in the process. */
export async function importClient() {
  // Defines a function that the client's packages call and that Node 20 lacks.
  Promise.withResolvers ??= () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
  return import(main)
}
