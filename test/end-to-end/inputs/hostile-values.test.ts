/* Values that contain script code. Text from a header, a mapping, a constant, a function argument, a type list or a login reaches the
   server only as a value: the run sends the same scripts and function names as a run with harmless values. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ValueError } from '../../../src/errors.js'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { scriptText } from '../../helpers/hostile-text.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { forAllAsync } from '../../helpers/runs.js'

const initScript = `share streamTable(10:0, \`id\`sym, [INT, STRING]) as target
def takeRows(x, mutable data) { tableInsert(objByName("target"), data) }
addFunctionView(takeRows)`

const numbered = /(ddbIngestLedger\d*_[0-9a-f_]+|"[0-9a-f]{16}"|\d+)/g

/**
 * The parts of a lookup that depend on the value: `isNull(…)` for a null, otherwise a comparison and an argument. A
 * long text has no such part, because the server cannot compare long texts.
 */
const lookedUp = /isNull\((id|sym)\)(, )?|(id|sym) = ddbIngestValue\d+(, )?|, ddbIngestValue\d+/g

/** The scripts and function names of a run, in order, without random parts. */
async function textsOf(
  here: LoadServer,
  folder: string,
  content: string,
  { server, ...change }: Partial<LoadOptions>,
): Promise<{ texts: string[]; result: LoadResult }> {
  const file = join(folder, 'in.csv')
  writeFileSync(file, content)
  const lines: string[] = []
  const { host, port } = here.server
  const trace = { values: true, write: (line: string) => void lines.push(line) }
  const result = await here.load(file, {
    input: { header: 'yes', delimiter: ',', quote: '"', escape: '"' },
    ...change,
    server: { host, port, user: 'admin', password: '123456', ...server, trace },
  })
  const texts = lines.flatMap(line => {
    const found = / > (?:script .* chars=\d+ (.*)|function .* bytes=\d+ ([^|]*))/.exec(line)
    const text = (found?.[1] ?? found?.[2])?.trim()
    return text === undefined ? [] : [text.replace(lookedUp, '').replace(numbered, '#')]
  })
  return { texts: [...new Set(texts)].sort(), result }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Inserts the text into a file or its options. */
type Case = (text: string) => readonly [content: string, change: Partial<LoadOptions>]

const cases: Readonly<Record<string, Case>> = {
  'a header': text => [
    `id,sym,${quoted(text)}\n1,a,b\n`,
    { mapping: { ignoreExtra: true }, target: { table: 'target' } },
  ],
  'a mapping': text => [
    `id,${quoted(text)}\n1,a\n`,
    { mapping: { map: { sym: text } }, target: { table: 'target' } },
  ],
  'a constant': text => [
    'id\n1\n',
    { mapping: { set: { sym: text.replaceAll('{', '{{') } }, target: { table: 'target' } },
  ],
  'a cell': text => [`id,sym\n1,${quoted(text)}\n`, { target: { table: 'target' } }],
  "a function's argument": text => [
    'id,sym\n1,a\n',
    { target: { function: 'takeRows', types: 'id:INT,sym:STRING', functionArguments: [text] } },
  ],
  'a type list': text => [
    `id,${quoted(text)}\n1,a\n`,
    { target: { function: 'takeRows', types: `id:INT,${text}:STRING`, functionArguments: [1] } },
  ],
  'a target column that is mapped': text => [
    'id,sym\n1,a\n',
    { mapping: { map: { [text]: 'sym' } }, target: { table: 'target' } },
  ],
  'a user': text => [
    'id,sym\n1,a\n',
    { server: { host: '', port: 1, user: text, password: text }, target: { table: 'target' } },
  ],
}

t.test('a value stays a value', async t => {
  const here = await startLoadServer(t, initScript)
  const folder = t.testdir()
  const run = async (text: string, of: Case): Promise<{ texts: string[]; result: LoadResult }> => {
    const [content, { server, ...change }] = of(text)
    const { host, port } = here.server
    const login = server === undefined ? {} : { server: { ...server, host, port } }
    return textsOf(here, folder, content, { ...change, ...login })
  }
  for (const [name, of] of Object.entries(cases)) {
    const usual = await run(name === 'a target column that is mapped' ? 'sym' : 'plain', of)
    t.ok(usual.texts.length > 0, name)
    await forAllAsync(6)(
      scriptText.filter(text => text !== ''),
      async text => {
        const ended = await run(text, of).catch((error: unknown) => error)
        // Half of a surrogate pair is misuse, and nothing is sent.
        if (ended instanceof ValueError && /\p{Surrogate}/u.test(text)) return
        if (ended instanceof Error) throw ended
        const { texts, result } = ended as Awaited<ReturnType<typeof run>>
        // A refused run may send fewer scripts, but no script that the harmless run does not send.
        for (const one of texts) assert.ok(usual.texts.includes(one), one)
        if (result.error !== null) assert.notEqual(result.error.code, 'DDB_INTERNAL')
      },
    )
  }
})
