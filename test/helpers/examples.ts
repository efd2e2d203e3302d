/*
  Examples from the manual: scripts with their displayed results. Each script runs on its own node.
*/
import type { Test } from 'tap'
import { shownRestlessly } from './runtime.js'
import { testSession } from './script.js'

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
