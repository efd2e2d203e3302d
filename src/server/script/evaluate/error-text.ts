/*
  Texts of run-time errors: `<source of the failing call> => <message>`; inside the function f, also `f: …`
  (docs/server-semantics.md#error-texts; DolphinDB manual, "interface_development": `f() => f: throw "x" => x`).
*/
import { DdbError } from '../../../errors.js'
import { ScriptError } from '../../script-error.js'
import { tokenize } from '../parse/cursor.js'
import type { Span } from '../parse/syntax.js'

/** Converts anything that a running script throws to the error that the script sees. */
export function asScriptError(error: unknown): ScriptError {
  if (error instanceof ScriptError) return error
  if (error instanceof DdbError) return new ScriptError(error.message)
  const message = error instanceof Error ? error.message : String(error)
  // Limits of V8: stack, text, array, map.
  const isLimit = error instanceof RangeError
  const isLarge = isLimit && /length|size exceeded|allocation failed/.test(message)
  if (isLimit && message.includes('call stack')) {
    return new ScriptError('The script is nested too deeply.')
  }
  const cause = isLarge
    ? 'Out of memory. The embedded server cannot hold so much'
    : 'Internal error'
  return new ScriptError(`${cause}: ${message}`)
}

/** Adds the source text of the failing call as a prefix, unless the error already has a prefix. */
export function withSourceText(error: unknown, span: Span): ScriptError {
  const failure = asScriptError(error)
  if (failure.located) return failure
  const message = `${sourceText(span)} => ${failure.message}`
  return new ScriptError(message, { ...failure, located: true })
}

/** Removes everything before a tag such as `<NotLeader>`, because clients expect it at the start of the error line. */
export function withoutTextBeforeTag(error: unknown): ScriptError {
  const failure = asScriptError(error)
  const tag = /(?: => |: )(<[A-Za-z]+>.*)$/s.exec(failure.message)?.[1]
  return tag === undefined ? failure : new ScriptError(tag, { located: true })
}

export function locateInFunction(error: unknown, name: string): ScriptError {
  const failure = asScriptError(error)
  if (name === '') return failure
  return new ScriptError(`${name}: ${failure.message}`, { ...failure, located: false })
}

/** The source text of a node on one line, with double quotes around strings, like the server's own messages. */
export function sourceText(span: Span): string {
  const text = span.source.slice(span.start, span.end)
  if (!/['\n]|\/[/*]/.test(text)) return text
  const parts = tokenize(text).map(({ kind, text: part, spaceBefore }, at) => {
    const isSingle = kind === 'string' && part.startsWith("'")
    return `${spaceBefore && at > 0 ? ' ' : ''}${isSingle ? `"${part.slice(1, -1)}"` : part}`
  })
  return parts.join('').trimEnd()
}
