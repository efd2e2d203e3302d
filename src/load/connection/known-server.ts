/*
  What is known of a server besides its protocol: found out by the first run there, or by `selftest`, and kept for later
  runs. Documents leave each of these open (docs/selftest.md#what-load-does-by-it).
*/

/** Where a server listens. */
export interface ServerAddress {
  /** Name or address. */
  host: string
  /** 1 to 65,535; servers usually listen on 8848. */
  port: number
}

/** How a server does things. A fact is left out where it was not asked, or the answer told nothing. */
export interface ServerFacts {
  /** One session takes asynchronous and answered requests, each by its own flag. */
  mixedFlags?: boolean | undefined
  /** `limit` that begins at the end of a table, or behind it, gives no rows; else an error. */
  limitFromEnd?: boolean | undefined
  /** A question with the urgent flag is answered while all workers are busy. */
  urgentQuestions?: boolean | undefined
  /** Receipts can be had for views whose parameter is not `mutable`. */
  plainViews?: boolean | undefined
  /** The script for a stream table is taken; the same for DFS tables with one partition a day, and for the other shapes. */
  createsStream?: boolean | undefined
  createsDays?: boolean | undefined
  createsMonths?: boolean | undefined
  createsYears?: boolean | undefined
  createsHash?: boolean | undefined
  createsLevels?: boolean | undefined
  createsTsdb?: boolean | undefined
  createsArrays?: boolean | undefined
  createsDecimals?: boolean | undefined
  /** A script that fails behind its first statement leaves its database there. */
  failedCreateLeaves?: boolean | undefined
  /** With TABLE_INSERT alone a user may ask for the schema of a DFS table. */
  insertShowsSchema?: boolean | undefined
  /** With TABLE_INSERT alone a user may count the rows of a DFS table. */
  insertCounts?: boolean | undefined
  /** With TABLE_INSERT alone a user may upsert into a DFS table. */
  insertUpserts?: boolean | undefined
  /** `tableInsert` into a TSDB table that keeps the last of equal rows answers all rows given, known ones as well. */
  lastAnswersAll?: boolean | undefined
  /** The same of a table with a primary key. */
  pkeyAnswersAll?: boolean | undefined
  /** Reserved words such as DATE can be names of columns, in queries, too. */
  reservedNames?: boolean | undefined
  /** Names of columns may be Chinese. */
  chineseNames?: boolean | undefined
}

/** What holds for one user there. */
export interface UserFacts {
  /** A login inside the connect request holds. */
  loginWithConnect?: boolean | undefined
  /** The user can log in by SCRAM. */
  scram?: boolean | undefined
  /** The user may share stream tables, which receipts are in. */
  sharesStreams?: boolean | undefined
  /** The user sees the sessions of others. */
  seesSessions?: boolean | undefined
}

/** What holds for a run. */
export type Facts = ServerFacts & UserFacts

const userFacts: readonly string[] = [
  'loginWithConnect',
  'scram',
  'sharesStreams',
  'seesSessions',
] satisfies readonly (keyof UserFacts)[]

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

/** Of this version and user. */
export function factsOf(known: KnownServer | undefined, version: string, user: string = ''): Facts {
  if (known?.version !== version) return {}
  return { ...known.facts, ...(Object.hasOwn(known.users, user) ? known.users[user] : {}) }
}

/** What is known now; facts of another version are forgotten, and those that are undefined change nothing. */
export function withFacts(
  known: KnownServer | undefined,
  version: string,
  facts: Facts,
  user: string = '',
): KnownServer {
  const before = known?.version === version ? known : undefined
  const found = Object.entries(facts).filter(([, value]) => value !== undefined)
  const ofServer = found.filter(([name]) => !userFacts.includes(name))
  const ofUser = found.filter(([name]) => userFacts.includes(name))
  const earlier =
    before !== undefined && Object.hasOwn(before.users, user) ? before.users[user] : {}
  return {
    version,
    facts: { ...before?.facts, ...Object.fromEntries(ofServer) },
    users: {
      ...before?.users,
      ...(ofUser.length === 0 ? {} : { [user]: { ...earlier, ...Object.fromEntries(ofUser) } }),
    },
  }
}
