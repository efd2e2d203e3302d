/* Compares the manual page with the program. UPDATE_DOCS=1 npx tap --disable-coverage test/man-page.test.ts rewrites it. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { commands } from '../src/cli/dispatch.js'
import { english, englishHelp } from '../src/cli/commands/command.js'
import { manPage } from '../scripts/man-page.js'
import { root } from './helpers/checkout.js'

const path = fileURLToPath(new URL('man/ddb-ingest.1', root))
if (process.env['UPDATE_DOCS'] !== undefined)
  writeFileSync(path, manPage(commands, englishHelp.summary, english))

const has = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args).error === undefined

t.test('man/ddb-ingest.1 lists all commands and options of the program', async t => {
  t.equal(readFileSync(path, 'utf8'), manPage(commands, englishHelp.summary, english))
})

const linter = { skip: !has('mandoc', '-T', 'lint', '/dev/null') && 'mandoc is not installed' }

t.test('it is a manual page without mistakes', linter, async t => {
  const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', path], {
    encoding: 'utf8',
  })
  // The page deliberately has no date.
  const notes = `${stdout}${stderr}`.split('\n').filter(line => !/missing date|^$/.test(line))
  t.strictSame(notes, [])
})

const reader = { skip: !has('man', '--version') && 'man is not installed' }

t.test('man shows every flag as it is typed', reader, async t => {
  const { stdout } = spawnSync('man', ['-l', path], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], MANWIDTH: '200', LANG: 'C.UTF-8' },
  })
  // In the page, blanks may be wider and lines may be broken.
  const text = stdout.replace(/\s+/g, ' ')
  const flags = commands.flatMap(({ options }) => Object.values(options).map(({ flags }) => flags))
  const missing = flags.filter(each => !text.includes(each))
  t.strictSame(missing, [])
})

t.test('examples and paragraphs fit a terminal of 80 columns', reader, async t => {
  const { stdout } = spawnSync('man', ['-l', path], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], MANWIDTH: '80', LANG: 'C.UTF-8' },
  })
  const lines = stdout.split('\n')
  const long = lines.filter(line => line.length > 80)
  t.strictSame(long, [])
  for (const { name } of commands) {
    for (const example of english.epilogue(name).match(/(?<=^ {2})ddb-ingest .*/gm) ?? []) {
      t.ok(lines.includes(`    ${example}`), example)
    }
  }
})
