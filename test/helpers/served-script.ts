/* Shell scripts of a user: in them, `ddb-ingest` is this program, and its server runs beside them. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bin, spawnCli } from '../cli/run-cli.js'

/** Runs a script in the folder. @returns how it ended, with the lines that it wrote to the file `out` */
export async function runServed(folder: string, script: string) {
  const programs = join(folder, 'bin')
  const program = join(programs, 'ddb-ingest')
  mkdirSync(programs)
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
  chmodSync(program, 0o755)
  writeFileSync(join(folder, 'run.sh'), `set -e\n${script}`)
  const environment = {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    ...{ DDB_USER: 'admin', DDB_PASSWORD: '123456' },
  }
  const argv = ['serve', '--port', '0', '--', 'sh', 'run.sh']
  const { code, stderr } = await spawnCli(argv, { environment, cwd: folder }).outcome
  const lines = readFileSync(join(folder, 'out'), 'utf8').trimEnd().split('\n')
  return { code, lines, stderr }
}
