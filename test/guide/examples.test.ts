/* Runs the examples in the way of a reader, on a faster clock. Each must print what the comment at its end shows, and must end. */
import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { transpiled } from '../../scripts/transpile.js'
import { root } from '../helpers/checkout.js'
import { linksOf, readPages } from '../helpers/pages.js'
import { plainNode } from '../helpers/plain-node.js'
import { deepTest } from '../helpers/runs.js'

const run = promisify(execFile)

/** A clock on which the order of sleeping scripts does not depend on the load of the machine. */
const turnClock = transpiled(fileURLToPath(new URL('../helpers/turn-clock.ts', import.meta.url)))

/**
 * Imports the examples one after another. After each example, prints `### ended` and the resources that the example
 * has left open, which would keep a program from ending. Waits some turns, because closing may take time.
 */
const runner = `
const open = () => process.getActiveResourcesInfo().filter(name => /TCP|Worker|Process|Message|Timeout/.test(name))
useTurnClock()
for (const url of process.argv.slice(2)) {
  await import(url)
  for (let turns = 0; turns < 10_000 && open().length > 0; turns++) await new Promise(setImmediate)
  console.log('\\n### ended ' + JSON.stringify(open()))
}
process.exit()
`
const program = join(t.testdir({ 'run.mjs': `${turnClock}${runner}` }), 'run.mjs')

const page = (await readPages()).find(({ path }) => path === 'docs/library.md')!
const names = (await readdir(new URL('examples/', root))).filter(name => name.endsWith('.js'))

/** What an example prints, according to the comment at its end. */
const outputOf = async (name: string): Promise<string | undefined> =>
  /\n\/\* prints:\n([^]*)\*\/\n$/.exec(
    await readFile(new URL(`examples/${name}`, root), 'utf8'),
  )?.[1]

t.test('the table names every example and no other', async t => {
  const linked = linksOf(page)
    .filter(link => link.startsWith('../examples/') && link.endsWith('.js'))
    .map(link => link.slice('../examples/'.length))
  t.strictSame([...new Set(linked)].sort(), names.sort())
})

deepTest(t, 'each example prints what it shows, and leaves nothing open', async t => {
  // A program that leaves something open would never end. Even a slow machine is faster than this limit.
  const options = { timeout: 300_000, cwd: fileURLToPath(root) }
  const urls = names.map(name => new URL(`examples/${name}`, root).href)
  const { stdout, stderr } = await run(...plainNode([program, ...urls]), options)
  const parts = stdout.split(/^\n### ended (.*)\n/m)
  t.equal(parts.length, 2 * names.length + 1)
  for (const [i, name] of names.entries()) {
    t.equal(parts[2 * i], await outputOf(name), `${name} prints`)
    t.equal(parts[2 * i + 1], '[]', `${name} leaves open`)
  }
  t.equal(stderr, '')
})
