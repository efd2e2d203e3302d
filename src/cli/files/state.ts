/* The state folder: where it is, which other users may write there (because the program trusts the journals, locks and login methods in
   it), and its small files, which remember logins and reports. Each file is replaced in one step; only its owner has access. */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync, type Stats } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { addressText } from '../../client/failure.js'
import { type LoginMemory, type LoginMethod, loginMethods } from '../../client/login/protection.js'
import { attempt, UsageError } from '../../errors.js'
import { systemName } from '../../platform/file-name.js'
import { systemFiles } from '../../platform/system-files.js'
import { clean } from '../output/output.js'

type Environment = Readonly<Record<string, string | undefined>>

/** `$XDG_STATE_HOME/ddb-ingest`, else `~/.local/state/ddb-ingest`. */
export function stateFolder(environment: Environment): string {
  // The XDG specification says to ignore relative paths, because they depend on the working folder.
  const absolute = (name: string): string | undefined =>
    environment[name]?.startsWith('/') ? environment[name] : undefined
  const base = absolute('XDG_STATE_HOME')
  if (base !== undefined) return join(base, 'ddb-ingest')
  // In a container, a user may have no entry in the system's list: HOME is then usually the root.
  const home = absolute('HOME') ?? attempt(() => userInfo().homedir) ?? '/'
  return join(home, '.local', 'state', 'ddb-ingest')
}

/** @returns undefined if no other user may write, or if the system has no user IDs @throws the system's error */
export function otherWritersAt(path: string) {
  const user = process.getuid?.()
  return user === undefined ? undefined : otherWritersOf(statSync(systemName(path)), user)
}

/** Who besides this user and root can write a file or folder, if anyone; of a group only if nobody else. @param user  the user's ID */
export function otherWritersOf(
  { uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>,
  user: number,
) {
  if ((mode & 0o002) !== 0) return { who: 'every user of this machine', isGroup: false }
  if (uid !== user && uid !== 0) return { who: `user ${uid}`, isGroup: false }
  // A group with the number of its user is, by convention, the user's own group, without other members.
  const isOwnGroup = uid === user && gid === user
  if ((mode & 0o020) === 0 || isOwnGroup) return undefined
  return { who: `users of group ${gid}`, isGroup: true }
}

/** In this variable `serve -- CMD` passes its address to CMD. CMD stores nothing about a server that ends with CMD. */
export const embeddedServerVariable = 'DDB_EMBEDDED_SERVER'
/** Has the ID of that `serve` process: the server ends with its child, but not with the commands of a script that is its child. */
export const servingProcessVariable = 'DDB_EMBEDDED_SERVER_PROCESS'

/** The JSON value in a file; undefined if the file is missing, unreadable or not JSON. */
export const readJson = (path: string): unknown =>
  attempt((): unknown => JSON.parse(readFileSync(systemName(path), 'utf8')))

/** The object in a state file, with unchecked members; empty if there is none. */
const readStateFile = (path: string): Readonly<Record<string, unknown>> =>
  Object(readJson(path)) as Readonly<Record<string, unknown>>

/** Replaces the content with an object, if the folder can be written: it only spares users a notice, or a weaker login. */
function replaceStateFile(path: string, content: object): void {
  const draft = `${path}.${process.pid}.new`
  attempt(() => {
    systemFiles.makeFolder(dirname(path))
    writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  })
  // Removing fails if a part of the path is a file: then there is no draft to remove.
  attempt(() => rmSync(draft, { force: true }))
}

/** An unchanged notice is not repeated for this long, so that a job that runs every minute stays quiet. */
export const dayMs = 86_400_000

/** Paths of the records of what this process has reported, in case the state folder cannot store these records. */
const toldHere = new Set<string>()

/**
 * Whether this or an earlier process reported `subject` within `forMs`; if not, records that this process reports it
 * now. If no folder can store the record, each process reports once. @param subject  of the report, such as a path
 */
export function checkAndMarkReported(
  what: string,
  subject: string,
  forMs: number,
  environment: Environment,
  nowMs = Date.now(),
): boolean {
  const name = `${what}-${createHash('sha256').update(subject).digest('hex').slice(0, 16)}.json`
  const path = join(stateFolder(environment), 'told', name)
  if (toldHere.has(path)) return true
  toldHere.add(path)
  const { told } = readStateFile(path)
  const atMs = typeof told === 'string' ? Date.parse(told) : NaN
  // Ignores a time in the future, which came from a wrong clock.
  if (atMs <= nowMs && nowMs - atMs < forMs) return true
  replaceStateFile(path, { told: new Date(nowMs).toISOString() })
  return false
}

export const stateParts = ['runs', 'logins', 'told'] as const

/**
 * Checks the state folder: this program's, or the one that the user named. A missing folder passes: the program will create it for its
 * user only. Volumes of Kubernetes belong to a group (fsGroup), so a group may write.
 * @param warn  called at most once a day if the folder's group may write; without `warn`, a later check warns
 * @throws {UsageError} DDB_CONFIG if the owner is neither this user nor root, or if every user may write there
 */
export function checkStateFolder(
  environment: Environment,
  warn: ((sentence: string) => void) | undefined,
  path = stateFolder(environment),
): void {
  for (const folder of [path, ...stateParts.map(part => join(path, part))]) {
    // If a folder cannot be checked, its first use fails, and that failure is reported.
    const strangers = attempt(() => otherWritersAt(folder))
    if (strangers === undefined) continue
    const { who, isGroup } = strangers
    if (!isGroup) {
      throw new UsageError(
        'DDB_CONFIG',
        `${clean(folder)} can be written by ${who}: other users could plant files that later runs and logins rely on. Name a folder of ` +
          'your own inside it or elsewhere: --state-dir for journals, XDG_STATE_HOME for everything else.',
      )
    }
    if (warn && !checkAndMarkReported('group', folder, dayMs, environment)) {
      warn(
        `${who} can write ${clean(folder)}: they can change what this program knows of runs and logins (fix it with chmod g-w)`,
      )
    }
  }
}

/**
 * Stores the login methods that worked, for later runs. Each server has its own file. A run never fails because such a file cannot be
 * written. @param warn  called once for each server whose RSA key is not verified; if left out, a later run warns
 */
export function knownLogins(
  environment: Environment,
  warn: ((sentence: string) => void) | undefined,
): LoginMemory {
  // The host name becomes part of a path: characters that are special in paths or shells are escaped.
  const place = (host: string, port: number): string => {
    const name = encodeURIComponent(`${host.toLowerCase()}_${port}`).replace(/^\./, '%2E')
    return join(stateFolder(environment), 'logins', `${name}.json`)
  }
  const isEmbedded = (host: string, port: number): boolean =>
    environment[embeddedServerVariable] === `${host}:${port}`
  return {
    place,
    best: (host, port, user) =>
      isEmbedded(host, port) ? undefined : readUsers(place(host, port)).get(user),
    keep(host, port, user, method) {
      if (isEmbedded(host, port)) return
      const path = place(host, port)
      replaceStateFile(path, { users: [...readUsers(path).set(user, method)] })
    },
    unverified(host, port) {
      if (warn === undefined || isEmbedded(host, port)) return
      const address = addressText(host, port)
      if (checkAndMarkReported('rsa', address.toLowerCase(), Infinity, environment)) return
      warn(
        `${address}: the password is sent encrypted, but the server is not verified: --tls verifies it`,
      )
    },
  }
}

function readUsers(path: string): Map<string, LoginMethod> {
  const { users } = readStateFile(path)
  const isLogin = (entry: unknown): entry is [string, LoginMethod] =>
    Array.isArray(entry) &&
    typeof entry[0] === 'string' &&
    (loginMethods as readonly unknown[]).includes(entry[1])
  return new Map(Array.isArray(users) ? users.filter(isLogin) : [])
}
