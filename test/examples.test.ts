/*
  The examples as a reader runs them: each prints what docs/seeds.md says it prints, and ends by itself.
*/
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { root } from './helpers/checkout.js'
import { linksOf, readPages } from './helpers/pages.js'

const run = promisify(execFile)
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
    // Time enough for a busy machine; a program that leaves something open would never end.
    const options = { timeout: 60_000, cwd: fileURLToPath(root) }
    const { stdout, stderr } = await run(process.execPath, [`examples/${name}`], options)
    t.equal(stdout, outputs.get(name))
    t.equal(stderr, '')
  })
}
