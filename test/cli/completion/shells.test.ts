/*
  Completion in bash, zsh and fish on a terminal. The test types keys, and a shell function prints the resulting words.
  So the test reads the inserted text as the shell would run it.
*/
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Shell } from '../../../src/cli/completion/completion-request.js'
import { fileFolder } from '../../helpers/file-folder.js'
import { deepTest } from '../../helpers/runs.js'
import { bin } from '../run-cli.js'

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0

/** How to start each shell without the user's settings, and how to complete the lines of `show` with this program. */
const starts: Readonly<Record<Shell, readonly [command: string, setUp: string]>> = {
  bash: [
    'bash --norc --noprofile -i',
    `source <(ddb-ingest completion bash); show() { printf '%s\\0' "$#" "$@" >> shown; }; complete -F _ddb_ingest show`,
  ],
  zsh: [
    'zsh -f -i',
    `autoload -Uz compinit && compinit -u -D; source <(ddb-ingest completion zsh); show() { printf '%s\\0' "$#" "$@" >> shown; }; compdef _ddb-ingest show`,
  ],
  fish: [
    'fish --no-config -i',
    `ddb-ingest completion fish | source; function show; printf '%s\\0' (count $argv) $argv >> shown; end; complete -c show -f -a '(__ddb_ingest)'`,
  ],
}

const files = {
  ...{ "it's.csv": '', 'do$(touch ran).csv': '', 'ti`touch ran`.csv': '', '中文 行情.csv': '' },
  ...{ 'quo"te.json': '', 'n:c=d.csv': '', 'semi;colon.csv': '', 'notes.txt': '', '-dash.csv': '' },
  ...{ 'bl  anks.csv': '', 'my dir': { 'a b.csv': '' } },
}

/** The typed text, with → for Tab, and the resulting words. */
const lines: readonly (readonly [typed: string, words: readonly string[]])[] = [
  ['lo→x', ['load', 'x']],
  ['load --crea→d→', ['load', '--create', 'dfs']],
  ['load --create=d→', ['load', '--create=dfs']],
  ['load it→', ['load', "it's.csv"]],
  ['load do→', ['load', 'do$(touch ran).csv']],
  ['load ti→', ['load', 'ti`touch ran`.csv']],
  ['load 中→', ['load', '中文 行情.csv']],
  ['load quo→ semi→', ['load', 'quo"te.json', 'semi;colon.csv']],
  ['load bl→', ['load', 'bl  anks.csv']],
  ['load my→a→', ['load', 'my dir/a b.csv']],
  ['load "my→a→', ['load', 'my dir/a b.csv']],
  ['load --rejects=n:→', ['load', '--rejects=n:c=d.csv']],
  ['load -- -d→', ['load', '--', '-dash.csv']],
  ['load --host=lo→', ['load', '--host=lo']],
]

/** Pressing Tab in these lines must run no command. */
const neverRun = ['load x > kept --crea→', 'load $(touch ran) --crea→']

async function type(
  t: Test,
  shell: Shell,
  folder: string,
  typed: readonly string[],
): Promise<void> {
  const [command, setUp] = starts[shell]
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {
      ...{ PATH: `${folder}/bin:${process.env['PATH']}`, HOME: folder, TERM: 'xterm' },
      ...{ LANG: 'C.UTF-8', XDG_STATE_HOME: folder },
    },
  })
  child.stdin.end(['', setUp, ...typed, 'exit', ''].join('\n').replaceAll('→', '\t'))
  t.teardown(() => void child.kill('SIGKILL'))
  await once(child, 'close')
}

async function tryShell(t: Test, shell: Shell): Promise<void> {
  const folder = fileFolder(t, { ...files, bin: {}, kept: 'kept\n' })
  symlinkSync(bin, join(folder, 'bin', 'ddb-ingest'))
  await type(t, shell, folder, [
    ...lines.map(([typed]) => `show ${typed}`),
    ...neverRun.map(typed => `false && show ${typed}`),
  ])
  const shown = readFileSync(join(folder, 'shown'), 'utf8')
  t.equal(shown, lines.map(([, words]) => [words.length, ...words, ''].join('\0')).join(''))
  t.equal(readFileSync(join(folder, 'kept'), 'utf8'), 'kept\n', 'no file was written to')
  t.notOk(existsSync(join(folder, 'ran')), 'nothing was run')
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const skip =
    (!has('script', '--version') && 'no script(1) of util-linux, which gives a terminal') ||
    (!has(shell, '--version') && `${shell} is not installed`)
  deepTest(t, `${shell} completes typed text`, { skip }, t => tryShell(t, shell))
}
