/* The program on a real terminal. script(1) of util-linux provides the terminal, and a model of the screen shows its contents. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileFolder } from '../../helpers/file-folder.js'
import { deepTest, sampled } from '../../helpers/runs.js'
import { newScreen } from '../../helpers/screen.js'
import { bin } from '../run-cli.js'
import { startServerFor } from '../../helpers/load-server.js'

const hasScript = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0
const skip = hasScript ? false : 'there is no script(1) of util-linux'

const server = await startServerFor(t, {
  initScript: 'share streamTable(1:0, `id`name, [INT, STRING]) as wide',
})

const rows = 40_000
const folder = fileFolder(t, { many: {}, 'bad.csv': 'id,name\n1,a\nx,b\n' })
for (let file = 0; file < 4; file++) {
  const lines = Array.from({ length: rows / 4 }, (_, i) => `${i},row ${i}`)
  writeFileSync(join(folder, 'many', `${file}.csv`), `id,name\n${lines.join('\n')}\n`)
}

const load = [bin, 'load', '--host', `127.0.0.1:${server.port}`, '-t', 'wide']

/** Runs `node WORDS` on a terminal with this many columns. @param onPiece  may kill the process */
async function onTerminal(
  columns: number,
  words: readonly string[],
  environment: Record<string, string> = {},
  onPiece?: (text: string, node: number) => void,
) {
  const command = words.map(word => `'${word}'`).join(' ')
  const line = `stty cols ${columns} rows 24; echo $$; exec '${process.execPath}' ${command}`
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TERM: 'xterm', LANG: 'C.UTF-8', ...home, ...environment },
  })
  /** The whole output in the pieces in which it arrived. */
  const pieces: string[] = []
  const decoder = new TextDecoder()
  child.stdout.on('data', (chunk: Buffer) => {
    pieces.push(decoder.decode(chunk, { stream: true }))
    const node = Number(/^\d+/.exec(pieces.join(''))?.[0])
    onPiece?.(pieces.join(''), node)
  })
  await once(child, 'close')
  const screen = newScreen()
  // The screen throws for control sequences that only the program itself could undo.
  screen.write(pieces.join(''))
  return { pieces, lines: screen.lines().slice(1) }
}

const home = { XDG_STATE_HOME: '/dev/null' }

// eslint-disable-next-line no-control-regex -- a terminal acts on them
const signs = /\u001b\[\d*[A-Za-z]/g

/** The lines that the terminal receives, without control sequences. */
const drawn = (pieces: readonly string[]): string[] =>
  pieces
    .join('')
    .replace(signs, '')
    .split(/[\r\n]+/)

deepTest(t, 'at every width, a run shows one line and leaves five', { skip }, async t => {
  await Promise.all(
    sampled([60, 80, 200]).map(async columns => {
      const words = [...load, join(folder, 'many'), '--rate-limit', '16krows/s']
      const { pieces, lines } = await onTerminal(columns, words)
      const frames = drawn(pieces).filter(line => /^[#.]+ \d+%/.test(line))
      const fits = frames.every(line => line.length < columns)
      t.ok(fits, `within ${columns} columns`)
      t.ok(frames.some(line => /^[#.]+ \d+% {2}\d:\d\d left {2}confirmed [\d.k]+/.test(line)))
      const first = lines.slice(-6).map(line => line.trim().split(' ')[0])
      t.strictSame(first, ['Loaded', 'took', 'refused', 'proof', 'next', ''])
      const isLeft = lines.some(line => /%/.test(line))
      t.notOk(isLeft, 'nothing of the bar is left')
    }),
  )
})

deepTest(t, 'a refusal is printed once, and the last line is a command', { skip }, async t => {
  const { lines } = await onTerminal(80, [...load, join(folder, 'bad.csv'), '--on-error', 'skip'])
  t.match(lines.at(-2), /^ {2}next {6}ddb-ingest check .*bad\.csv --table wide/)
  t.equal(lines.filter(line => line.includes('DDB_INPUT_CELL')).length, 1)
})

deepTest(t, 'a dumb terminal gets plain lines', { skip }, async t => {
  const words = [...load, join(folder, 'many')]
  const { pieces } = await onTerminal(80, words, { TERM: 'dumb' })
  t.notMatch(pieces.join(''), signs)
})

deepTest(t, 'after kill -9 the terminal still wraps and shows its cursor', { skip }, async t => {
  const words = [...load, join(folder, 'many'), '--rate-limit', '16krows/s']
  let killed = false
  const { pieces } = await onTerminal(80, words, {}, (text, node) => {
    if (killed || !text.includes(' left')) return
    killed = true
    process.kill(node, 'SIGKILL')
  })
  t.ok(killed)
  t.notMatch(pieces.join(''), 'Loaded')
  // If the program had used a sequence that it must undo later, the test's screen would have thrown.
  const used = new Set(
    pieces
      .join('')
      .match(signs)
      ?.map(sign => sign.at(-1)),
  )
  const areKnown = [...used].every(sign => 'AJm'.includes(sign!))
  t.ok(areKnown, [...used].join())
})
