/*
  Examples from the manual: a script and its displayed result, each on its own node.
*/
import type { Test } from 'tap'
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

/** Script → part of its error. */
export function testRefusals(
  t: Test,
  title: string,
  cases: Readonly<Record<string, string>>,
): void {
  void t.test(title, async t => {
    for (const [script, message] of Object.entries(cases)) {
      t.match(await testSession().fail(script), message, script)
    }
  })
}
