/*
  Facts about a server that DolphinDB's manual leaves open (docs/selftest.md#what-load-does-with-the-results). The first run on a server,
  or `selftest`, determines them, and later runs remember them.
*/

export interface ServerAddress {
  /** Name or IP address. */
  host: string
  /** 1 to 65,535; servers usually listen on 8848. */
  port: number
}

/** How a server behaves. A fact is undefined if it was not asked for, or if the answer was inconclusive. */
export interface ServerFacts {
  /** One session takes both asynchronous and answered requests, which differ by a flag in the request. */
  mixedFlags?: boolean | undefined
  /** True if `limit` at or beyond the end of a table gives no rows; false if it fails. */
  limitFromEnd?: boolean | undefined
  /** The server answers an urgent request while all workers are busy. */
  urgentQuestions?: boolean | undefined
  /** Receipts also work for function views whose parameter is not `mutable`. */
  plainViews?: boolean | undefined
  /** The server accepts scripts that create stream tables. The next eight facts are the same for kinds of DFS tables. */
  createsStream?: boolean | undefined
  createsDays?: boolean | undefined
  createsMonths?: boolean | undefined
  createsYears?: boolean | undefined
  createsHash?: boolean | undefined
  createsLevels?: boolean | undefined
  createsTsdb?: boolean | undefined
  createsArrays?: boolean | undefined
  createsDecimals?: boolean | undefined
  /** If a create script fails after its first statement, the database stays. */
  failedCreateLeaves?: boolean | undefined
  /** A user with no right but TABLE_INSERT may ask for the schema of a DFS table. */
  insertShowsSchema?: boolean | undefined
  /** A user with no right but TABLE_INSERT may count the rows of a DFS table. */
  insertCounts?: boolean | undefined
  /** A user with no right but TABLE_INSERT may upsert into a DFS table. */
  insertUpserts?: boolean | undefined
  /** For a TSDB table that keeps the last of equal rows, `tableInsert` returns the number of all rows sent. */
  lastAnswersAll?: boolean | undefined
  /** For a table with a primary key, `tableInsert` returns the number of all rows sent. */
  pkeyAnswersAll?: boolean | undefined
  /** Reserved words such as DATE can be column names, also in queries. */
  reservedNames?: boolean | undefined
  /** Column names may be Chinese. */
  chineseNames?: boolean | undefined
}

export interface UserFacts {
  /** A login inside the connect request works. */
  loginWithConnect?: boolean | undefined
  scram?: boolean | undefined
  /** The user may share stream tables, which receipts need. */
  sharesStreams?: boolean | undefined
  /** The user sees other users' sessions. */
  seesSessions?: boolean | undefined
}

export type Facts = ServerFacts & UserFacts

const userFacts: readonly string[] = [
  'loginWithConnect',
  'scram',
  'sharesStreams',
  'seesSessions',
] satisfies readonly (keyof UserFacts)[]

export interface KnownServer {
  /** The answer of `version()` when the facts were determined. They do not count for other versions. */
  version: string
  facts: ServerFacts
  /** Facts about users by name; '' for guests. */
  users: Readonly<Record<string, UserFacts>>
}

/** Remembers facts about servers. Without it every run asks again. */
export interface ServerMemory {
  /** The remembered facts about a server; undefined if there are none. */
  known(address: ServerAddress): KnownServer | undefined
  /** Replaces the facts known before. */
  keep(address: ServerAddress, known: KnownServer): void
}

/** The facts for this version and user; none if they were remembered for a different version. */
export function factsOf(known: KnownServer | undefined, version: string, user: string = ''): Facts {
  if (known?.version !== version) return {}
  return { ...known.facts, ...(Object.hasOwn(known.users, user) ? known.users[user] : {}) }
}

/** Adds facts. Forgets facts of a different version. Undefined facts change nothing. */
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
