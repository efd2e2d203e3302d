/*
  How much memory one request may take. Counted is what its variables hold and what it has put into tables, vectors and
  dictionaries, and besides the values that are being worked with: those go as soon as nothing waits for them.
*/
import { ScriptError } from '../script-error.js'
import type { ServerValue } from './server-value.js'
import { isLight, weigh, weighElement } from './weigh.js'

/**
 * Bytes where the server's options say nothing else. A machine of 4 GiB has room for two such requests; a table of ten
 * million rows and ten columns is less.
 */
export const defaultRequestBytes = 1_073_741_824

/** The budget of the request that a session has under way. */
export class RequestMemory {
  readonly #limitBytes: number
  #kept = 0
  #passing = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** To be called when a request begins: what sessions hold from earlier ones does not count. */
  begin(): void {
    this.#kept = 0
    this.#passing = 0
  }

  /** Bytes of the values that are being worked with; to be given to `settle` or `release`. */
  get mark(): number {
    return this.#passing
  }

  /**
   * To be called before memory is taken.
   * @throws {ScriptError} `Out of memory …` when so many bytes more do not fit
   */
  expect(bytes: number): void {
    if (bytes > this.room) throw outOfMemory(this.#limitBytes)
  }

  /** To be called before something goes through all that a value holds, however often the same stands in it. */
  checkSize(value: ServerValue): void {
    if (weigh(value, this.#limitBytes) > this.#limitBytes) throw outOfMemory(this.#limitBytes)
  }

  /** Bytes that are left. */
  get room(): number {
    return this.#limitBytes - this.#kept - this.#passing
  }

  /** A value is there that something goes on to work with. */
  pass(bytes: number): void {
    this.expect(bytes)
    this.#passing += bytes
  }

  /** One more element of a tuple that is being made. */
  passElement(value: ServerValue): void {
    this.pass(weighElement(value, this.room))
  }

  /** Something grew that stays; a negative number when it shrank. */
  keep(bytes: number): void {
    this.expect(bytes)
    this.#kept += bytes
  }

  /** What a function's variables held is gone. */
  forget(bytes: number): void {
    this.#kept -= bytes
  }

  /** Of all values since `mark` only this one is left. */
  settle(mark: number, value: ServerValue): void {
    this.#passing = mark
    if (!isLight(value)) this.pass(weigh(value, this.room))
  }

  /** None of the values since `mark` is left. */
  release(mark: number): void {
    this.#passing = mark
  }
}

/**
 * DolphinDB's own words (manual, "Out of Memory", §1, where they stand behind the call that failed); what comes behind
 * them is ours.
 */
function outOfMemory(limitBytes: number): ScriptError {
  return new ScriptError(`Out of memory. One request may take ${limitBytes} bytes.`)
}

/** What the variables of one frame hold: bytes by name, of those that are worth counting. */
export class VariableWeights {
  #bytes: Map<string, number> | undefined
  #total = 0

  get total(): number {
    return this.#total
  }

  /**
   * Counts the value a variable is about to get, instead of the one it had.
   * @throws {ScriptError} when it does not fit
   */
  replace(name: string, value: ServerValue, memory: RequestMemory): void {
    if (this.#bytes === undefined && isLight(value)) return
    const before = this.#bytes?.get(name) ?? 0
    const bytes = weigh(value, memory.room + before)
    if (bytes === before) return
    memory.keep(bytes - before)
    this.#total += bytes - before
    this.#bytes ??= new Map()
    if (bytes === 0) this.#bytes.delete(name)
    else this.#bytes.set(name, bytes)
  }

  /** The variable is gone. */
  remove(name: string, memory: RequestMemory): void {
    const before = this.#bytes?.get(name) ?? 0
    if (before === 0) return
    this.#bytes?.delete(name)
    this.#total -= before
    memory.forget(before)
  }

  /** All variables are gone. */
  clear(memory: RequestMemory): void {
    memory.forget(this.#total)
    this.#bytes = undefined
    this.#total = 0
  }
}
