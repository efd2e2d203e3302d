/*
  Regular expressions of scripts. There are short ones that try for ever on a short text, `(a+)+$` for one, and nothing
  stops V8 from trying but the end of its time.
*/
import { createContext, Script, type Context } from 'node:vm'
import { ScriptError } from '../../script-error.js'

/** A piece of a vector takes some milliseconds; what takes so much longer would hold up all other sessions. */
const maxMs = 200

/** What is done to each text, given the expression and a replacement. */
const tasks = {
  search: new Script('texts.map(text => text.search(expression))'),
  count: new Script('texts.map(text => text.match(expression)?.length ?? 0)'),
  replace: new Script('texts.map(text => text.replace(expression, replacement))'),
}

let room: Context | undefined

/** One pattern, applied to texts; every match counts. */
export class RegularExpression {
  readonly #expression: RegExp

  /** @throws {ScriptError} when it is none */
  constructor(pattern: string) {
    try {
      this.#expression = new RegExp(pattern, 'g')
    } catch {
      throw new ScriptError(`The pattern [${pattern}] is not a regular expression.`)
    }
  }

  /** Where it is found first in each text; −1 where it is not. */
  search(texts: readonly string[]): readonly number[] {
    return this.#run('search', texts) as readonly number[]
  }

  /** How often it is found in each text. */
  count(texts: readonly string[]): readonly number[] {
    return this.#run('count', texts) as readonly number[]
  }

  /** @param replacement  `$1` and the like stand for what was found */
  replace(texts: readonly string[], replacement: string): readonly string[] {
    return this.#run('replace', texts, replacement) as readonly string[]
  }

  /** @throws {ScriptError} when it takes too long */
  #run(task: keyof typeof tasks, texts: readonly string[], replacement = ''): unknown {
    room ??= createContext()
    Object.assign(room, { texts, replacement, expression: this.#expression })
    try {
      return tasks[task].runInContext(room, { timeout: maxMs })
    } catch (error) {
      // The error is of the other context: `instanceof Error` does not see it.
      const { code } = error as { code?: unknown }
      if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      throw new ScriptError(`The pattern [${this.#expression.source}] takes too long on this text.`)
    } finally {
      Object.assign(room, { texts: undefined, expression: undefined })
    }
  }
}
