/* Facts about the functions in the statements that the program sends: the right that a user needs, the first version that has the function,
   and the source of both. A new function in a statement needs a line here and nothing else. docs/server-semantics.md explains M and S. */

export interface Fact {
  /** '' if no right is needed. */
  readonly right?: string
  /** `1.30` if the release notes of 1.30 or earlier mention the function; '?' if no page mentions it. */
  readonly since: string
  /** Mark and name of each source, such as `M undef, S release 1.30.1`. By default M and the name of the function. */
  readonly source?: string
}

const acl = 'M ACL_and_Security.md'
const notes = (version: string): string => `S release ${version}`
const clients = 'S clients'
const old: Fact = { since: '1.30' }
const unknown: Fact = { since: '?' }
const page = (name: string): Fact => ({ since: '1.30', source: `M ${name}` })
/** Basic functions of the language. They have no source, because many sources would hide the important ones. */
const small: Fact = { since: '1.30', source: '' }

const shared = 'CREATE_SHARED_VAR'
const create = 'DB_OWNER, DB_MANAGE or DBOBJ_CREATE'
const views = 'VIEW_OWNER'

/** Facts by function or by keyword of the language. */
export const facts: Readonly<Record<string, Fact>> = {
  // Names that the manual does not describe as functions.
  connect: { since: '1.30', source: clients },
  upload: { since: '1.30', source: clients },
  'a function of the session': page('named_func.md'),
  'a function view': { right: 'VIEW_EXEC', since: '1.30', source: acl },
  def: page('named_func.md'),
  try: page('tryCatch.md'),
  throw: page('throw.md'),
  exec: page('exec.md'),
  select: page('select.md'),
  share: { right: shared, since: '1.30', source: 'M share.md, M grant' },

  scramClientFirst: { since: '2.00.16, 3.00.3', source: clients },
  scramClientFinal: { since: '2.00.16, 3.00.3', source: clients },
  getDynamicPublicKey: { since: '1.30', source: clients },
  login: old,

  schema: old,
  loadTable: old,
  tableInsert: old,
  'append!': old,
  'upsert!': { since: '1.30.1', source: `M upsert!, ${notes('1.30.1')}` },
  tableUpsert: { since: '2.00.10' },
  isDuplicated: old,
  isValid: small,
  values: small,
  existsTable: old,
  existsDatabase: old,
  getTables: old,

  streamTable: unknown,
  keyedStreamTable: old,
  keyedTable: old,
  objByName: old,
  objs: old,
  defined: old,
  undef: old,
  database: old,
  createPartitionedTable: {
    right: create,
    since: '1.30',
    source: `M createPartitionedTable, ${acl}`,
  },
  dropDatabase: { right: 'DB_OWNER or DB_MANAGE', since: '1.30', source: `M dropDatabase, ${acl}` },
  addFunctionView: { ...old, right: views },
  dropFunctionView: { ...old, right: views },
  getFunctionViews: unknown,
  'replaceColumn!': old,

  // Questions about the state of the server.
  version: old,
  funcByName: unknown,
  getConsoleJobs: old,
  getSessionMemoryStat: old,
  getCurrentSessionAndUser: {
    since: '1.30.17, 2.00.5',
    source: `M getCurrentSessionAndUser, ${notes('1.30.17')}`,
  },
  getClusterDFSDatabases: old,
  rpc: old,
  getControllerAlias: unknown,
  getClusterLiveDataNodes: { since: '?', source: clients },

  pnodeRun: { since: '?', source: 'M getChunksMeta, tsdb_explained.md' },
  delete: page('delete.md'),

  count: small,
  date: small,
  first: small,
  form: small,
  last: small,
  left: small,
  in: small,
  like: small,
  long: small,
  now: small,
  print: small,
  rows: small,
  size: small,
  sleep: small,
  string: small,
  sum: small,
  table: small,
  // A column name in the demo.
  time: small,
  typestr: unknown,
}

/** Additional requirements of the statements that match `of`. */
export const variants: readonly (Fact & { readonly of: RegExp })[] = [
  // Tables of the user. The tables that a run creates for itself need no right.
  {
    of: /\b(?:from|schema\() ?(?:NAME|loadTable\()/,
    right: 'TABLE_READ',
    since: '1.30',
    source: acl,
  },
  {
    of: /\b(?:tableInsert|append!)[{(](?:NAME|loadTable\(|objByName\("NAME"(?:, true)?\), data)/,
    right: 'TABLE_INSERT',
    since: '1.30',
    source: acl,
  },
  { of: /\b(?:tableUpsert|upsert!)[{(]/, right: 'TABLE_UPDATE', since: '1.30', source: acl },
  { of: /\bupsert!.*loadTable\(.*ignoreNull/, since: '1.30.13', source: notes('1.30.13') },
  { of: /\bkeyedStreamTable\(NAMES/, since: '1.30.7', source: notes('1.30.7') },
  {
    of: /\bdatabase\((?:"dfs:[^"]*"|dbPath), [A-Z]/,
    right: 'DB_OWNER',
    since: '1.30',
    source: acl,
  },
  { of: /\bengine=/, since: '2.00' },
]
