/*
  Where the program keeps what it has to know in a later run.
*/
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `$XDG_STATE_HOME/ddb-ingest`, else `~/.local/state/ddb-ingest`. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['XDG_STATE_HOME']
  // The XDG specification has relative paths ignored: they would depend on where one stands.
  const base = home?.startsWith('/')
    ? home
    : join(environment['HOME'] ?? homedir(), '.local', 'state')
  return join(base, 'ddb-ingest')
}
