/* A log with a line for each message of a connection. Values are shown only on request, logins and password changes never. */
import type { DdbError } from '../errors.js'
import { escapeControls } from '../platform/control-characters.js'
import type { Clock } from '../platform/platform.js'
import { columnTypeText } from '../protocol/data-type.js'
import { columnTypeOf, formatElement, formatValue } from '../protocol/element.js'
import { requestFlags, type Request, type RequestHead } from '../protocol/request.js'
import type { Response } from '../protocol/response.js'
import type { Column, Value } from '../protocol/value.js'
import type { Secrets } from './login/hide-password.js'

export interface Trace {
  /** Gets one line without its end, such as `2026-11-21T09:30:00.000Z #1 1166953221 > function flags=36 bytes=310 …`. */
  readonly write: (line: string) => void
  /** Shows scripts and the first elements of columns as well. */
  readonly values?: boolean
}

export type ConnectionTrace = ReturnType<typeof traceConnection>

const shownElements = 5
const shownChars = 2_000

const connectionCounts = new WeakMap<Trace, number>()

/** Traces one more connection under a number, because the session ID is unknown at first. @param secrets  redacted */
export function traceConnection(trace: Trace, clock: Clock, secrets: Secrets) {
  const { hide, hideInSentence } = secrets
  const number = (connectionCounts.get(trace) ?? 0) + 1
  connectionCounts.set(trace, number)
  const withValues = trace.values ?? false
  const write = (sessionId: string, ...parts: readonly string[]): void => {
    const time = new Date(clock.wallMs()).toISOString()
    const text = escapeControls(parts.filter(part => part !== '').join(' '))
    const shown = text.length <= shownChars ? text : `${text.slice(0, shownChars)}…`
    trace.write(`${time} #${number} ${hide(sessionId)} ${shown}`)
  }
  let latestId = '0'
  // True if the next answer may quote secrets of a request since the last one. Some servers answer even asynchronous requests.
  let hidesNext = false
  return {
    opened: (host: string, port: number) => write('0', '-', 'opened', `${host}:${port}`),
    sent(head: RequestHead, request: Request, byteCount: number): void {
      hidesNext ||= carriesSecret(request)
      const details = hideInSentence(requestDetails(request, withValues))
      write(head.sessionId, '>', request.kind, flagsText(head.flags), `bytes=${byteCount}`, details)
    },
    received(response: Response, byteCount: number): void {
      latestId = response.sessionId
      const outcome = response.ok
        ? ['ok', `bytes=${byteCount}`, hide(valueText(response.value, withValues && !hidesNext))]
        : ['error', `bytes=${byteCount}`, hidesNext ? '(…)' : hide(response.message)]
      hidesNext = false
      write(response.sessionId, '<', ...outcome)
    },
    /** Output that a script prints while it runs. */
    printed(text: string): void {
      const isShown = withValues && !hidesNext
      write(latestId, '<', 'print', isShown ? hide(text) : `chars=${text.length}`)
    },
    closed: (failure: DdbError | undefined) =>
      write(latestId, '-', 'closed', hide(failure?.message ?? '')),
  }
}

/** `flags=36(async,apiClient)`. */
function flagsText(flags: number): string {
  const names = Object.entries(requestFlags).filter(([, bit]) => (flags & bit) !== 0)
  return `flags=${flags}${names.length === 0 ? '' : `(${names.map(([name]) => name).join(',')})`}`
}

/** Functions whose arguments are secrets, wherever they are called. */
const secret = /\b(login|authenticateByTicket|scramClient\w*|changePwd|resetPwd|createUser)\b/i

function carriesSecret(request: Request): boolean {
  if (request.kind === 'connect') return request.login !== undefined
  if (request.kind === 'variable') return false
  return secret.test(request.kind === 'script' ? request.script : request.name)
}

function requestDetails(request: Request, withValues: boolean): string {
  const isShown = withValues && !carriesSecret(request)
  switch (request.kind) {
    case 'connect':
      return request.login === undefined ? '' : `with the login of ${request.login.user}`
    case 'script': {
      const { script } = request
      // A script with secrets is not shown at all, because the trace cannot determine where in the script they are. Its first word
      // identifies it; anything after that may be a value.
      return `chars=${script.length} ${isShown ? script : (/[A-Za-z_]\w*/.exec(script)?.[0] ?? '')}`
    }
    case 'function': {
      const { name, args } = request
      const safeName = name.replace(new RegExp(`${secret.source}[^]*`, 'i'), '$1(…)')
      return [safeName, ...args.map(value => valueText(value, isShown))].join(' | ')
    }
    case 'variable':
      return request.names
        .map((name, i) => `${name} = ${valueText(request.values[i], isShown)}`)
        .join(' | ')
  }
}

/** `table of 3 rows: id INT, sym SYMBOL`, `LONG`, `STRING vector of 5`; followed by values on request. */
function valueText(value: Value | undefined, withValues: boolean): string {
  if (value === undefined) return 'nothing'
  switch (value.form) {
    case 'scalar':
      return withValues ? `${value.type} ${formatValue(value)}` : value.type
    case 'table': {
      const columns = value.columns.map((column, i) => {
        const type = columnTypeText(columnTypeOf(column))
        return `${value.columnNames[i]} ${type}${withValues ? ` ${firstElements(column)}` : ''}`
      })
      return `table of ${value.rows} rows: ${columns.join(', ')}`
    }
    case 'vector':
    case 'arrayVector': {
      const text = `${columnTypeText(columnTypeOf(value))} vector of ${value.length}`
      return withValues ? `${text} ${firstElements(value)}` : text
    }
    default:
      return value.form
  }
}

function firstElements(column: Column): string {
  const shown = Array.from({ length: Math.min(column.length, shownElements) }, (_, i) =>
    formatElement(column, i),
  )
  return `[${shown.join(',')}${column.length > shownElements ? ',…' : ''}]`
}
