/* The package that contains this code: its version, and the location of its files. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Walks up to package.json, because compiled code lies at some depth below dist/. */
function packageFolder(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const above = new URL('..', folder)
    if (above.href === folder.href) throw new Error('package.json of ddb-ingest is missing')
    folder = above
  }
  return folder
}

const root = packageFolder()

/** @param path  from the root of the package */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, root))
}

export const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
  version: string
}
