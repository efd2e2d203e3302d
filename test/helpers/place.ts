/* A folder in which a test runs commands in the way in which a reader of the guide would run them. */
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './checkout.js'

const program = fileURLToPath(new URL('bin/ddb-ingest.js', root))

export interface Place {
  folder: string
  environment: Record<string, string>
}

/** A folder with copies of the fixtures, and an environment in which `ddb-ingest` is this checkout. */
export async function makePlace(folder: string): Promise<Place> {
  for (const name of ['csv', 'json', 'scripts']) {
    const from = fileURLToPath(new URL(`fixtures/${name}`, root))
    await cp(from, join(folder, 'fixtures', name), { recursive: true })
  }
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const shim = join(bin, 'ddb-ingest')
  // Omits the settings of the user and the options that tap passes to every Node process.
  const exec = `unset NODE_OPTIONS\nexec "${process.execPath}" "${program}" "$@"`
  await writeFile(shim, `#!/bin/sh\n${exec}\n`)
  await chmod(shim, 0o755)
  const path = process.env['PATH'] ?? ''
  const environment = {
    PATH: `${bin}${delimiter}${path}`,
    HOME: folder,
    TMPDIR: folder,
    XDG_STATE_HOME: join(folder, '.local', 'state'),
  }
  return { folder, environment }
}
