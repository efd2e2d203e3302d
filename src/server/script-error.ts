/*
  The errors that scripts throw on the embedded server.
*/

/** An error with DolphinDB's message; the interpreter prefixes the source of the failing call (`f(x) => text`). */
export class ScriptError extends Error {
  /** First element of `catch(ex)`: SYSTEM_Operator, SYSTEM_Runtime, USER, … */
  readonly category: string
  /** True once the text is final and must not be prefixed again. */
  readonly located: boolean
  /** The message without prefixes (source text, names of functions); the second element of `catch(ex)`. */
  readonly bareText: string
  /** True if the request was cancelled: no `catch` of its script may delay the cancellation. */
  readonly isCancellation: boolean

  constructor(
    message: string,
    options: {
      category?: string
      located?: boolean
      bareText?: string
      isCancellation?: boolean
    } = {},
  ) {
    super(message)
    this.name = 'ScriptError'
    this.category = options.category ?? 'SYSTEM_Runtime'
    this.located = options.located ?? false
    this.bareText = options.bareText ?? message
    this.isCancellation = options.isCancellation ?? false
  }
}

/** Appended to DolphinDB's message for an unknown function, because DolphinDB itself may have the function. */
export const notEmbedded = ': not in the embedded server'
