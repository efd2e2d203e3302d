/* The errors that scripts throw on the embedded server. */

/** An error with DolphinDB's message. The interpreter prefixes the source text of the failing call (`f(x) => text`). */
export class ScriptError extends Error {
  /** First element of `ex` in `catch(ex)`: SYSTEM_Operator, SYSTEM_Runtime, USER, … */
  readonly category: string
  /** True if the text is final, so that no further prefix may be added. */
  readonly located: boolean
  /** The message without its prefixes (source text, names of functions): the second element of `ex` in `catch(ex)`. */
  readonly bareText: string
  /** True if somebody cancelled the request. Scripts cannot catch this error, so that the request ends at once. */
  readonly isCancellation: boolean

  constructor(message: string, options: Partial<Omit<ScriptError, keyof Error>> = {}) {
    super(message)
    this.name = 'ScriptError'
    this.category = options.category ?? 'SYSTEM_Runtime'
    this.located = options.located ?? false
    this.bareText = options.bareText ?? message
    this.isCancellation = options.isCancellation ?? false
  }
}

/** @throws {ScriptError} with the message, unless `holds` is true */
export function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new ScriptError(message)
}

/** Added to DolphinDB's message for an unknown function, because a real server may have the function. */
export const notEmbedded = ': not in the embedded server'
