/*
  What is known of a server besides its protocol: found out by the first run there, or by `selftest`, and kept for later
  runs. It holds for one version, and some of it for one user.
*/
import type { ServerAddress } from '../options.js'

/** How a server does what its documents leave open. A fact is left out where it was not asked, or nothing told it. */
export interface ServerFacts {
  /** Whether one session takes asynchronous and answered requests, each by its own flag. */
  mixedFlags?: boolean | undefined
}

/** What holds for one user there. */
export interface UserFacts {
  /** Whether a login inside the connect request holds. */
  loginWithConnect?: boolean | undefined
}

export interface KnownServer {
  /** The answer of `version()`: of another version nothing of this is believed. */
  version: string
  facts: ServerFacts
  /** By user name; '' for guests. */
  users: Readonly<Record<string, UserFacts>>
}

/** Keeps what is found out about servers. Without one every run asks anew. */
export interface ServerMemory {
  /** Undefined for a server that is not known. */
  known(address: ServerAddress): KnownServer | undefined
  /** In the place of what was known before. */
  keep(address: ServerAddress, known: KnownServer): void
}

/** What holds for a run. */
export type Facts = ServerFacts & UserFacts

/** Of this version and user. */
export function factsOf(known: KnownServer | undefined, version: string, user: string = ''): Facts {
  if (known?.version !== version) return {}
  return { ...known.facts, ...(Object.hasOwn(known.users, user) ? known.users[user] : {}) }
}

/** What is known now; facts of another version are forgotten, and those that are undefined change nothing. */
export function withFacts(
  known: KnownServer | undefined,
  version: string,
  facts: ServerFacts,
  user: string = '',
  userFacts: UserFacts = {},
): KnownServer {
  const before = known?.version === version ? known : undefined
  const ofUser = { ...before?.users[user], ...defined(userFacts) }
  const users = Object.keys(ofUser).length === 0 ? {} : { [user]: ofUser }
  return {
    version,
    facts: { ...before?.facts, ...defined(facts) },
    users: { ...before?.users, ...users },
  }
}

function defined<T extends object>(facts: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as Partial<T>
}
