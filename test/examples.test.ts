/*
  The examples as a reader runs them, by a quicker clock: each prints what docs/seeds.md says it prints, and ends by
  itself.
*/
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { transpiled } from '../scripts/transpile.js'
import { root } from './helpers/checkout.js'
import { linksOf, readPages } from './helpers/pages.js'
import { plainNode } from './helpers/plain-node.js'

const run = promisify(execFile)

/** Lets the scripts of the examples sleep in an order that does not depend on how busy the machine is. */
const turnClock = transpiled(fileURLToPath(new URL('helpers/turn-clock.ts', import.meta.url)))
const clock = join(t.testdir({ 'clock.mjs': `${turnClock}\nuseTurnClock()\n` }), 'clock.mjs')

const page = (await readPages()).find(({ path }) => path === 'docs/seeds.md')!
const names = (await readdir(new URL('examples/', root))).filter(name => name.endsWith('.js'))

const outputs = new Map(
  Array.from(page.text.matchAll(/^### (\S+)\n\n```text\n([^]*?)```$/gm), ([, name, text]) => [
    name!,
    text!,
  ]),
)

t.test('the table and the outputs name every example, and no other', async t => {
  const linked = linksOf(page)
    .filter(link => link.startsWith('../examples/') && link.endsWith('.js'))
    .map(link => link.slice('../examples/'.length))
  t.strictSame([...new Set(linked)].sort(), names.sort())
  t.strictSame([...outputs.keys()].sort(), names)
})

for (const name of names) {
  t.test(`${name} prints what the guide says`, async t => {
    // A program that leaves something open would never end; any machine is quicker.
    const options = { timeout: 300_000, cwd: fileURLToPath(root) }
    const program = plainNode([`--import=${clock}`, `examples/${name}`])
    const { stdout, stderr } = await run(...program, options)
    t.equal(stdout, outputs.get(name))
    t.equal(stderr, '')
  })
}
