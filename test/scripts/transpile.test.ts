/* The loader that compiles the TypeScript of these tests. It must keep the behaviour of a module, and must never run outdated code. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { transpiled } from '../../scripts/transpile.js'
import { root } from '../helpers/checkout.js'
import { deepTest } from '../helpers/runs.js'

interface Doubling {
  double: (n: number) => number
}

deepTest(t, 'a module loses its types and keeps its behaviour', async t => {
  const path = join(t.testdir(), 'a.ts')
  const text =
    "import type { X } from './x.js'\nexport const double = (n: number): number => 2 * n\n"
  writeFileSync(path, text)
  const code = transpiled(path)
  t.notMatch(code, 'x.js')
  const made = join(t.testdirName, 'a.mjs')
  writeFileSync(made, code)
  const module = (await import(pathToFileURL(made).href)) as Doubling
  t.equal(module.double(21), 42)
})

deepTest(t, 'a changed module is compiled again', async t => {
  const path = join(t.testdir(), 'a.ts')
  for (const value of ['1', '2', '1']) {
    writeFileSync(path, `export const a: number = ${value}\n`)
    t.match(transpiled(path), `export const a = ${value}`)
  }
})

t.test('an incomplete result, which a killed process may leave, is not used', async t => {
  const path = join(t.testdir({ 'a.ts': 'export const a: string = "whole"\n' }), 'a.ts')
  const whole = transpiled(path)
  const kept = fileURLToPath(
    new URL(`.tap/transpiled/${path.slice(fileURLToPath(root).length)}.js`, root),
  )
  t.equal(readFileSync(kept, 'utf8'), whole)
  writeFileSync(kept, whole.slice(0, -10))
  t.equal(transpiled(path), whole)
  t.equal(readFileSync(kept, 'utf8'), whole)
})

t.test('a stack trace names lines of the source', async t => {
  // The compiled module lacks the lines of this file that contain only types.
  const { stack } = new Error('here')
  const before = readFileSync(fileURLToPath(import.meta.url), 'utf8').split("new Error('")[0]!
  t.match(stack, `transpile.test.ts:${before.split('\n').length}:`)
})
