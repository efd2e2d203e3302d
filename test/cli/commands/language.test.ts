/* The help and `explain` in Chinese: no translation is missing or superfluous, and a Chinese terminal shows Chinese texts. */
import t from 'tap'
import { commands } from '../../../src/cli/dispatch.js'
import {
  english,
  englishHelp,
  helpTextsFor,
  readChineseHelp,
} from '../../../src/cli/commands/command.js'
import { readCommandLine } from '../../../src/cli/options/command-line.js'
import { displayWidth } from '../../../src/cli/output/output.js'
import { runMain } from '../run-cli.js'

/** Texts of the help that are in no table of options. */
const frame = [
  ...['print help', 'print help with all options', 'print the version'],
  ...['print the help of a command', 'All options, examples and exit codes: '],
  'Example: ',
  'Usage: ',
  ':',
]

/** Whether a note describes a default in words. All other notes, such as `32Mi` and `auto`, can be typed. */
const isSentence = (note: string): boolean => / |^all$/.test(note)

const shown = new Set([
  englishHelp.summary,
  ...frame,
  ...Object.values(englishHelp.defaults).filter(isSentence),
  ...commands.flatMap(({ group, summary, options }) => [
    group,
    summary,
    ...Object.values(options).map(({ group: heading }) => heading),
  ]),
])

const { options: optionHelp } = englishHelp
const { texts: zhHelp, options: zhOptionHelp, epilogues } = readChineseHelp()
const chinese = helpTextsFor({ LANG: 'zh_CN.UTF-8' }, true)

t.test('every text of the help has a Chinese translation, none is superfluous', async t => {
  const missing = [...shown].filter(text => !(text in zhHelp))
  t.strictSame(missing, [], 'without a translation')
  const unused = Object.keys(zhHelp).filter(text => !shown.has(text))
  t.strictSame(unused, [], 'for no text')
  t.strictSame(Object.keys(zhOptionHelp), Object.keys(optionHelp))
  const used = commands.flatMap(({ options }) => Object.values(options))
  t.strictSame(new Set(used.map(({ helpName }) => helpName)), new Set(Object.keys(optionHelp)))
  const keys = commands.flatMap(({ name, options }) =>
    Object.values(options).flatMap(({ helpName }) => [helpName, `${name}.${helpName}`]),
  )
  const ofNoOption = Object.keys(englishHelp.defaults).filter(key => !keys.includes(key))
  t.strictSame(ofNoOption, [], 'defaults of no option')
})

/** The words that a user types, and the numbers. */
const typed = (text: string): string[] =>
  (text.match(/--[a-z-]+|\b\d[\d.,]*|\b[A-Z]{3,}\b/g) ?? [])
    .map(word => word.replace(/[.,]$/, ''))
    .sort()

t.test('a translation keeps the options, values and numbers of the English text', async t => {
  const options = Object.entries(zhOptionHelp)
  const texts = options.map(([name, text]) => [optionHelp[name]!, text] as const)
  for (const [text, translated] of [...Object.entries(zhHelp), ...texts]) {
    // The word DATABASE in placeholders is translated. "JSON" may appear once where the English text has a pronoun.
    if (/DATABASE/.test(text)) continue
    t.strictSame(typed(translated), typed(text), text)
  }
})

t.test('the text below the options has the same commands, options and numbers', async t => {
  t.strictSame(Object.keys(epilogues), Object.keys(englishHelp.epilogues))
  const examples = (text: string): string[] => text.split('\n').filter(line => /^ {2}/.test(line))
  for (const [name, lines] of Object.entries(englishHelp.epilogues)) {
    const text = lines.join('\n')
    const translated = epilogues[name]!.join('\n')
    t.strictSame(examples(translated), examples(text), name)
    t.strictSame(typed(translated), typed(text), name)
  }
})

t.test("the terminal's locale decides; pipes stay English", async t => {
  const of = (environment: Record<string, string>, isTerminal = true): string =>
    helpTextsFor(environment, isTerminal).language
  t.equal(of({ LANG: 'zh_CN.UTF-8' }), 'zh')
  t.equal(of({ LANG: 'zh_CN.UTF-8' }, false), 'en')
  t.equal(of({ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }), 'en')
  t.equal(of({ LC_MESSAGES: 'zh_TW', LANG: 'en_US' }), 'zh')
  t.equal(of({ LANG: 'zhuang' }), 'en')
})

t.test('the help fits 80 columns in both languages', async t => {
  for (const { name } of commands) {
    for (const texts of [english, chinese]) {
      for (const help of ['--help', '--help-all']) {
        const line = readCommandLine([name, help], commands, 80, texts)
        const lines = 'answer' in line ? line.answer.split('\n') : []
        t.ok(lines.length > 5)
        const wide = lines.filter(line => displayWidth(line) > 80)
        t.strictSame(wide, [], `${name} ${texts.language}`)
        if (texts.language === 'en') continue
        t.notMatch(line, /Usage:|Options:|Examples?:/, 'no English is left')
      }
    }
  }
})

t.test('texts of options fit 60 columns', async t => {
  for (const texts of [english, chinese]) {
    const line = readCommandLine(['load', '--help-all'], commands, 60, texts)
    const options = ('answer' in line ? line.answer : '').split(/\n\n(?:Every|每个)/)[0]!
    const wide = options.split('\n').filter(one => displayWidth(one) > 60)
    // A single word that is wider than the screen is not divided.
    const inColumns = wide.filter(one => / \S+ \S/.test(one.slice(33)))
    t.strictSame(inColumns, [], texts.language)
  }
})

t.test('explain prints in the language of the reader; failures and pipes stay English', async t => {
  const terminal = {
    stdoutColumns: 80,
    stderrColumns: 80,
    environment: { LANG: 'zh_CN.UTF-8', NO_COLOR: '1' },
  }
  const { stdout } = await runMain(['explain', 'DDB_INPUT_CELL'], terminal)
  t.match(stdout, /^DDB_INPUT_CELL\n退出码：65\n含义与处理方法：/)
  t.match((await runMain(['explain', '75'], terminal)).stdout, /^75\n含义：.*\n如何继续：/)
  t.match((await runMain(['explain', '75'])).stdout, /^75\nmeaning: /)
  const failed = await runMain(['load', 'no-such-file.csv', '--table', 't'], terminal)
  t.match(failed.stderr, /no-such-file\.csv.* \[DDB_INPUT_MISSING\]\n/)
  t.notMatch(failed.stderr, /[\u4e00-\u9fff]/)
})
