/* The completion scripts: the words that the one for bash offers, and that the others have every command and option. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commands } from '../../../src/cli/dispatch.js'
import { runMain } from '../run-cli.js'
import { deepTest } from '../../helpers/runs.js'

/** Words of a command line, the last one unfinished, and what the script offers; nothing means files. */
const lines: readonly (readonly [words: readonly string[], offered: string])[] = [
  [['lo'], 'load'],
  [['load', '--crea'], '--create'],
  [['load', '--create', ''], 'stream dfs'],
  [['load', '--create', 'd'], 'dfs'],
  [['load', '--rejects', 're'], ''],
  [['load', 'tra'], ''],
  [['explain', 'DDB_NA'], 'DDB_NAME'],
  [['completion', ''], 'bash zsh fish'],
  [['help', 'lo'], 'load'],
  [['load', '$(touch ran)', '--create', '$(touch ran)'], ''],
]

deepTest(t, 'bash offers commands, options and their choices, and runs nothing', async t => {
  const { stdout: script } = await runMain(['completion', 'bash'])
  const folder = t.testdir()
  for (const [words, offered] of lines) {
    const code = `${script}COMP_WORDS=(ddb-ingest "$@"); COMP_CWORD=$#; _ddb_ingest; echo "\${COMPREPLY[*]}"`
    const { stdout, status } = spawnSync('bash', ['-c', code, 'bash', ...words], {
      cwd: folder,
      encoding: 'utf8',
    })
    t.equal(status, 0)
    t.equal(stdout, `${offered}\n`, words.join(' '))
  }
  t.notOk(existsSync(join(folder, 'ran')))
})

t.test('the scripts for zsh and fish have every command and option', async t => {
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await runMain(['completion', shell])
    const isListed = (word: string): boolean => new RegExp(`[ '-]${word}[ ']`).test(stdout)
    for (const { name, options } of commands) {
      const words = [name, ...Object.values(options).map(option => option.name)]
      const missing = words.filter(word => !isListed(word))
      t.strictSame(missing, [], `${shell}: ${name}`)
    }
  }
  t.match(await runMain(['completion', 'csh']), { code: 64, stderr: /bash, zsh or fish/ })
})
