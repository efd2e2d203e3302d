/* Compares lists in the guide with the program: commands, options, the settings of `serve` and the server's functions. UPDATE_DOCS=1 npx
   tap --disable-coverage test/commands-doc.test.ts rewrites the generated lists. */
import { readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { commands } from '../src/cli/dispatch.js'
import { english } from '../src/cli/commands/command.js'
import type { OptionDefinition, OptionGroup } from '../src/cli/options/definition.js'
import { optionNames } from './helpers/option-names.js'
import { allChecks } from '../src/selftest/selftest.js'
import { builtins } from '../src/server/script/session/session.js'
import { faultNames } from '../src/server/net/faults.js'
import { root } from './helpers/checkout.js'
import { codeSpans, readPage } from './helpers/pages.js'

const groups: readonly OptionGroup[] = [
  'Target',
  'Input',
  'Mapping',
  'Values',
  'Bad rows',
  'Delivery',
  'Server',
  'Run',
  'Output',
]

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** A table row for an option. The default is as in the help. */
function rowOf(command: string, definition: OptionDefinition): string {
  return `${cell(`\`${definition.flags}\``)} | ${cell(english.optionText(command, definition))} |`
}

/** A row for each option. An option that means different things to different commands has several rows. */
function optionRows(group: OptionGroup): string[] {
  const senders = new Map<string, string[]>()
  for (const { name, options } of commands) {
    for (const definition of Object.values(options)) {
      if (definition.group !== group) continue
      const row = rowOf(name, definition)
      senders.set(row, [...(senders.get(row) ?? []), name])
    }
  }
  const ofAll = commands.map(({ name }) => name).join()
  return [...senders].map(([row, names]) => {
    const [flags, rest] = row.split(/(?<=[^\\]) \| (.*)/) as [string, string]
    return `| ${flags} | ${names.join() === ofAll ? 'all' : names.join(', ')} | ${rest}`
  })
}

/** From this mark on, the page is generated. */
const commandsMark = '<!-- commands -->\n'

function withCommands(page: string): string {
  const rows = commands.map(({ name, args, summary }) => {
    const usage = `ddb-ingest ${name} ${args ?? ''}`.trim()
    return `| ${cell(`\`${usage}\``)} | ${summary} |`
  })
  const lists = groups.map(
    group =>
      `### ${group}\n\n| option | of | does |\n|---|---|---|\n${optionRows(group).join('\n')}\n`,
  )
  const [written = ''] = page.split(commandsMark)
  return `${written}${commandsMark}| command | does |\n|---|---|\n${rows.join('\n')}\n\n${lists.join('\n')}`
}

/** The text between two marks of a page. */
const functionsPart = /(<!-- functions:.*-->\n)[^]*?(<!-- end of functions -->)/

function withFunctions(page: string): string {
  const names = [...builtins.keys()].sort().map(name => `\`${name}\``)
  return page.replace(
    functionsPart,
    (_, begin: string, end: string) => `${begin}\n${names.join(' ')}\n\n${end}`,
  )
}

async function compare(t: Test, path: string, expected: (text: string) => string): Promise<void> {
  const url = new URL(path, root)
  const text = await readFile(url, 'utf8').catch(() => '')
  if (process.env['UPDATE_DOCS'] !== undefined) await writeFile(url, expected(text))
  t.equal(await readFile(url, 'utf8').catch(() => ''), expected(text))
}

t.test('docs/options.md lists all commands and options of the program', t =>
  compare(t, 'docs/options.md', withCommands),
)

t.test('docs/embedded-server.md lists the functions of the server', async t => {
  await compare(t, 'docs/embedded-server.md', withFunctions)
  t.match(await readFile(new URL('docs/embedded-server.md', root), 'utf8'), functionsPart)
})

t.test('docs/embedded-server.md lists the options and the faults of serve', async t => {
  const { text } = await readPage('docs/embedded-server.md')
  const rows = text.split('\n').filter(line => line.startsWith('| `--'))
  const listed = rows.flatMap(row =>
    codeSpans(row.split(' | ')[0]!).map(span => /--([a-z-]+)/.exec(span)![1]!),
  )
  const serve = commands.find(({ name }) => name === 'serve')!
  t.strictSame(listed.sort(), [...optionNames(serve)].filter(name => name !== 'no-color').sort())
  const part = text.slice(text.indexOf('## Faults'), text.indexOf('## Like another server'))
  const faults = part
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(row => codeSpans(row.split(' | ')[0]!))
  t.strictSame(faults.sort(), [...faultNames].sort())
})

t.test('docs/embedded-server.md names every group of checks of selftest', async t => {
  const { text } = await readPage('docs/embedded-server.md')
  const part = text.slice(text.indexOf('## Selftest'), text.indexOf('The output lists failed'))
  const listed = Array.from(part.matchAll(/^\| ([a-z ,]+) \|/gm), ([, names]) => names!.split(', '))
  const found = new Set(allChecks.map(({ name }) => name.split(':')[0]!.toLowerCase()))
  t.strictSame(
    listed
      .flat()
      .filter(name => name !== 'checks')
      .sort(),
    [...found].sort(),
  )
})
