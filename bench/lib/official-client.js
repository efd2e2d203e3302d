/*
  The official JavaScript client (npm `dolphindb`), whose packages are those of test/oracle.
*/
import { existsSync } from 'node:fs'

const folder = new URL('../../test/oracle/', import.meta.url)
const main = new URL('node_modules/dolphindb/index.js', folder)

export const clientIsInstalled = existsSync(main)

/** Its exports; its packages change the prototypes of everything in their process. */
export async function importClient() {
  // Node 20 lacks what the client's packages call; later versions have it.
  Promise.withResolvers ??= () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
  return import(main)
}
