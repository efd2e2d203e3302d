/* Examples from the manual: scripts with their displayed results. Each script runs on its own node. */
import type { Test } from 'tap'
import { rowsText, sessionOn, testSession } from './script.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { formatValue } from '../../src/protocol/element.js'
import { toWire } from '../../src/server/elements/elements.js'
import { type NodeOptions, ServerNode } from '../../src/server/node.js'
import { Runtime, runUnits } from '../../src/server/script/session/session.js'
import type { Evaluation, ServerValue } from '../../src/server/values/server-value.js'
import { leapingClock } from './clocks.js'

// The interpreter from inside, for tests of its files: frames with given variables, and evaluations that run to their
// end.

/** The interpreter of a guest's session on its own node. Time stands still there, so the interpreter never yields. */
export function testRuntime(options: NodeOptions = {}): Runtime {
  const node = new ServerNode({
    platform: { ...systemPlatform, clock: leapingClock() },
    ...options,
  })
  const runtime = new Runtime(node, sessionOn(node))
  runtime.begin()
  return runtime
}

/**
 * The displayed result of a script that admin runs and that yields wherever possible. Tests compare it with the result
 * without yielding.
 */
async function shownRestlessly(script: string): Promise<string> {
  const runtime = testRuntime()
  runtime.session.user = 'admin'
  runtime.step = () => ({ until: Promise.resolve() })
  const { value } = await inTurns(runUnits(runtime, script))
  return value === undefined ? '' : shownValue(value)
}

/** A value as DolphinDB prints it; tables by `rowsText`. */
function shownValue(value: ServerValue): string {
  const wire = toWire(value)
  return wire.form === 'table' ? rowsText(wire) : formatValue(wire)
}

/** The value of an evaluation, and how often the evaluation waited. */
async function inTurns<T>(evaluation: Evaluation<T>): Promise<{ value: T; pauses: number }> {
  let pauses = 0
  let step = evaluation.next()
  while (step.done !== true) {
    pauses++
    step = evaluation.next(await step.value.until)
  }
  return { value: step.value, pauses }
}

export type Examples = Readonly<Record<string, Readonly<Record<string, string>>>>

/** One test per title, one assertion per script. */
export function testExamples(t: Test, examples: Examples): void {
  for (const [title, cases] of Object.entries(examples)) {
    void t.test(title, async t => {
      for (const [script, shown] of Object.entries(cases)) {
        t.equal(await testSession().show(script), shown, script)
      }
    })
  }
}

/** Like `testExamples`, but each script also runs so that it yields wherever possible. @param setup  begins each script */
export function testYieldingExamples(t: Test, examples: Examples, setup: string = ''): void {
  for (const [title, cases] of Object.entries(examples)) {
    void t.test(title, async t => {
      for (const [script, shown] of Object.entries(cases)) {
        t.equal(await testSession().show(setup + script), shown, script)
        t.equal(await shownRestlessly(setup + script), shown, `${script}, yielding`)
      }
    })
  }
}

/** @param cases  scripts, each with part of its error text, or its pattern */
export function testRefusals(
  t: Test,
  title: string,
  cases: Readonly<Record<string, string | RegExp>>,
): void {
  void t.test(title, async t => {
    for (const [script, message] of Object.entries(cases)) {
      t.match(await testSession().fail(script), message, script)
    }
  })
}
