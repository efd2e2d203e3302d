/*
  Examples of the manual: a script and what it shows, each on a node of its own.
*/
import type { Test } from 'tap'
import { testSession } from './script.js'

export type Examples = Readonly<Record<string, Readonly<Record<string, string>>>>

/** One test a title, one assertion a script. */
export function testExamples(t: Test, examples: Examples): void {
  for (const [title, cases] of Object.entries(examples)) {
    void t.test(title, async t => {
      for (const [script, shown] of Object.entries(cases)) {
        t.equal(await testSession().show(script), shown, script)
      }
    })
  }
}

/** Script → part of the error it ends with. */
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
