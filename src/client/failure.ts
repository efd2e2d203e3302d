/* Turns the failures of a session into errors with a class and a message. Recognizes a refusal because of a missing right or a server
   setting, and names the right or setting. The texts are from docs/server-semantics.md#refusals, the rights from DolphinDB's manual. */
import { ConnectionError, DdbError, option, ServerError } from '../errors.js'
import type { Hide } from './login/hide-password.js'
import type { SendCounts } from './outgoing.js'

/** `host:port`, with brackets around an IPv6 address. */
export function addressText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

const notLeader = /<NotLeader>\s*(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):(\d{1,5})(?![\d.])/

/** The address of the leader that a node names in its refusal. */
export function redirectIn(text: string): { host: string; port: number } | undefined {
  const [, host, digits] = notLeader.exec(text) ?? []
  const port = Number(digits)
  return port >= 1 && port <= 65_535 ? { host: withoutBrackets(host!), port } : undefined
}

function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  if ('code' in cause && typeof cause.code === 'string') return cause.code
  // If a host name has several addresses, each attempt to connect has its own error.
  if (cause instanceof AggregateError) return systemCode(cause.errors[0])
  return undefined
}

export function connectFailure(host: string, port: number, cause: unknown): DdbError {
  const address = addressText(host, port)
  const failure = (text: string, fix?: { command: string }): ConnectionError =>
    new ConnectionError('DDB_CONNECT', text, { cause, safeToRetry: true, ...(fix && { fix }) })
  if (cause instanceof DdbError) {
    if (cause.code !== 'DDB_CONNECTION_LOST') return cause
    return failure(
      `${address} accepted the connection but ended it before the session was ready. Is it a DolphinDB server?`,
    )
  }
  const code = systemCode(cause)
  if (code === 'ECONNREFUSED') {
    const command = `ddb-ingest serve --port ${port}`
    return failure(
      `Nothing listens on ${address} (connection refused). Check host and port, or start the embedded server with "${command}".`,
      { command },
    )
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return failure(`The host name "${host}" cannot be resolved.`)
  }
  if (code === 'EMFILE') {
    return failure(`Cannot connect to ${address}: too many open files: raise "ulimit -n".`)
  }
  const reason = cause instanceof Error ? cause.message : 'the connection was closed'
  return failure(`Cannot connect to ${address}: ${reason}.`)
}

export function connectionLost(
  host: string,
  port: number,
  cause: unknown,
  counts: SendCounts,
): DdbError {
  if (cause instanceof DdbError) return cause
  const reason = cause instanceof Error ? cause.message : 'the server closed it'
  const sent =
    counts.accepted === 0
      ? ''
      : ` ${counts.written} of ${counts.accepted} asynchronous requests had been written to the network in full.`
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `The connection to ${addressText(host, port)} was lost: ${reason}.${sent} The server may or may not have ` +
      'executed the requests that it did not answer.',
    { cause },
  )
}

export function isRefusedLogin(message: string): boolean {
  return /RefId: ?S04009|user name or password is incorrect/i.test(message)
}

/** Converts an error line (docs/server-semantics.md#refusals). @param hide  redacts the passwords of the session */
export function serverFailure(received: string, hide: Hide = text => text): ServerError {
  const safe = hide(received)
  const failure = (code?: 'DDB_LOGIN' | 'DDB_SERVER' | 'DDB_PRIVILEGE', message?: string) =>
    new ServerError(safe, code, message, received)
  if (lacksLogin(received)) return failure('DDB_LOGIN', withLoginAdvice(safe))
  if (isRefusedLogin(received)) return failure('DDB_LOGIN')
  if (!lacksRight(received)) {
    const setting = settingAdvice(received)
    return setting === undefined ? failure() : failure('DDB_SERVER', `${safe}. ${setting}`)
  }
  return failure('DDB_PRIVILEGE', `${safe}. ${rightAdvice(safe)}`)
}

/** The text of a refusal, and the missing right; `$1` is the object named in the text. */
const rights: readonly (readonly [RegExp, string])[] = [
  [/Not granted to read table (\S+)/i, 'TABLE_READ on $1'],
  [
    /Not granted to (?:write|insert)(?: data)?(?: to| into)? table (\S+)/i,
    'TABLE_WRITE on $1 (from 2.00.9 on TABLE_INSERT is enough)',
  ],
  [/No access to shared table \[([^\]]*)\]/i, 'TABLE_READ and TABLE_WRITE on $1'],
  [/No access to table \[([^\]]*)\]/i, 'TABLE_WRITE on $1'],
  [
    /Not granted to create or delete databases/i,
    'DB_OWNER for databases of this name (for a table in a database that is there DBOBJ_CREATE)',
  ],
  [
    /CREATE_SHARED_VAR|(?:create|declare|define)\w* (?:a )?shared/i,
    'CREATE_SHARED_VAR (the server is set to enableSharedVarCreationControl)',
  ],
  [/Not granted to (?:execute|call)(?: function)?(?: view)? (\S+)/i, 'VIEW_EXEC on $1'],
]

const refusal =
  /CREATE_SHARED_VAR|<NoPrivilege>|<NotAuthenticated>|Not granted to|No access to (shared )?table|Only administrators/i

export function lacksRight(serverMessage: string): boolean {
  return refusal.test(serverMessage)
}

/** Whether the server says that nobody is logged in. During a session this means that the login has expired. */
export function lacksLogin(serverMessage: string): boolean {
  return /Login is required|RefId:\s*S04009\b/i.test(serverMessage)
}

export function withLoginAdvice(serverMessage: string): string {
  return (
    `${serverMessage}. Log in with ${option('server.user')}. If you did, the session is no longer logged in: its ` +
    'login has expired, or the user is gone.'
  )
}

/** Advice if a setting switches a feature off on the server; undefined for other refusals. */
export function settingAdvice(serverMessage: string): string | undefined {
  return /feature of publish is not enabled|RefId:\s*S00001\b/i.test(serverMessage)
    ? 'Stream tables are switched off: set maxPubConnections in the configuration of the server to a number above 0, and restart it.'
    : undefined
}

/** Advice as one sentence. @param upserts  true if the refused request was an upsert */
export function rightAdvice(serverMessage: string, upserts: boolean = false): string {
  const sentence = rightSentence(serverMessage, upserts)
  return /<NotAuthenticated>/.test(serverMessage)
    ? `${sentence} If this worked before, the login has expired or the user is gone.`
    : sentence
}

function rightSentence(serverMessage: string, upserts: boolean): string {
  for (const [text, ofInserts] of rights) {
    const match = text.exec(serverMessage)
    if (match !== null) {
      const object = (match[1] ?? '').replace(/[.,;:'"]+$/, '')
      // A refused upsert gets the message for inserts (tests of DolphinDB's Python client).
      const right = upserts
        ? ofInserts.replace('TABLE_INSERT is enough', 'TABLE_UPDATE is enough, TABLE_INSERT is not')
        : ofInserts
      return `Ask an administrator to grant you ${right.replace('$1', () => object)}, or log in as a user who has it.`
    }
  }
  return /Only administrators/i.test(serverMessage)
    ? 'Log in as an administrator, or have one do this.'
    : 'Ask an administrator for the right to do this, or log in as a user who has it.'
}
