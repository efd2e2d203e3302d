/*
  Finds the state folder, and checks which other users may write there, because the program trusts the journals, locks
  and login methods in it.
*/
import { statSync, type Stats } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../errors.js'
import { clean } from '../output/terminal-text.js'

/** `$XDG_STATE_HOME/ddb-ingest`, else `~/.local/state/ddb-ingest`. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['XDG_STATE_HOME']
  // The XDG specification says to ignore relative paths, because they depend on the working folder.
  const base = home?.startsWith('/')
    ? home
    : join(environment['HOME'] ?? homedir(), '.local', 'state')
  return join(base, 'ddb-ingest')
}

/** The users other than this one who can change a file, or the content of a folder. */
export interface OtherWriters {
  /** The owner, if it is neither this user nor root. */
  readonly owner: number | undefined
  readonly isOpenToAll: boolean
  /** A group that may write, and may have members other than this user. */
  readonly group: number | undefined
}

/** @returns undefined if no other user may write, or if the system has no user IDs @throws the system's error */
export function otherWritersAt(path: string): OtherWriters | undefined {
  const user = process.getuid?.()
  return user === undefined ? undefined : otherWritersOf(statSync(path), user)
}

/** @param user  the ID of the user who runs the program @returns undefined if only this user and root may write */
export function otherWritersOf(
  { uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>,
  user: number,
): OtherWriters | undefined {
  const owner = uid === user || uid === 0 ? undefined : uid
  const isOpenToAll = (mode & 0o002) !== 0
  // A group with the number of its user is, by convention, the user's own group, without other members.
  const isOwnGroup = uid === user && gid === user
  const group = (mode & 0o020) === 0 || isOwnGroup ? undefined : gid
  if (owner === undefined && !isOpenToAll && group === undefined) return undefined
  return { owner, isOpenToAll, group }
}

/**
 * Checks a state folder. A missing folder passes: the program will create it for its user only.
 * @returns a warning if the folder's group may write: volumes of Kubernetes belong to a group (fsGroup)
 * @throws {UsageError} DDB_CONFIG if the owner is neither this user nor root, or if every user may write there
 */
export function checkStateFolder(path: string): string | undefined {
  const strangers = strangersIfThere(path)
  if (strangers === undefined) return undefined
  const { owner, isOpenToAll, group } = strangers
  if (owner !== undefined) throw unsafe(path, `belongs to user ${owner}`)
  if (isOpenToAll) throw unsafe(path, 'can be written by every user of this machine')
  return (
    `group ${group} can write ${clean(path)}: its users can change what this program knows of runs and logins ` +
    '(fix it with chmod g-w)'
  )
}

function strangersIfThere(path: string): OtherWriters | undefined {
  try {
    return otherWritersAt(path)
  } catch {
    // If a folder cannot be checked, its first use fails, and that failure is reported.
    return undefined
  }
}

function unsafe(path: string, why: string): UsageError {
  return new UsageError(
    'DDB_CONFIG',
    `${clean(path)} ${why}: other users could plant files that later runs and logins rely on. Name a folder of your own inside ` +
      'it or elsewhere: --state-dir for journals, XDG_STATE_HOME for everything else.',
  )
}
