/*
  Checks how the server identifies sessions and answers them, and what remains of a session after an error.
*/
import { parseVersion } from '../../load/connection/server-version.js'
import { requestFlags } from '../../protocol/request.js'
import { answerText, numberOf, numbersOf, refusalOf, tableOf, textOf } from '../answers.js'
import { expectText, fail, pass, type Check } from '../check.js'

const everything = 'everything: no session works without it'

export const connectionChecks: readonly Check[] = [
  {
    name: 'connection: a session with an id',
    does: 'connects, and looks at the id that the server gives',
    dependsOnIt: everything,
    async run({ control, open }) {
      const other = await open()
      if (!/^[1-9]\d*$/.test(control.id)) return fail(`the session id is "${control.id}"`)
      return control.id === other.id ? fail('two sessions have one id') : pass()
    },
  },
  {
    name: 'connection: a script is answered',
    does: 'runs 1+1',
    dependsOnIt: everything,
    async run({ ask }) {
      return expectText('1+1', answerText(await ask('1+1')), 'INT scalar 2')
    },
  },
  {
    name: 'connection: version()',
    does: 'reads the version',
    dependsOnIt: 'notices about what a version does differently',
    async run({ ask }) {
      const text = textOf(await ask('version()'))
      return parseVersion(text) === undefined ? fail(`not a version: ${text}`) : pass()
    },
  },
  {
    name: 'connection: answers come in order',
    does: 'hands over fifty requests at once and compares their answers',
    dependsOnIt: 'sync mode, which sends the next batch before the last is answered',
    async run({ ask }) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`${i} * 2`)))
      const wrong = answers.findIndex((answer, i) => numberOf(answer) !== i * 2)
      return wrong < 0 ? pass() : fail(`answer ${wrong + 1} is ${answerText(answers[wrong])}`)
    },
  },
  {
    name: 'connection: an error leaves the session usable',
    does: 'runs a script that fails, then one that does not',
    dependsOnIt: 'every run that meets an error of the server',
    async run({ ask }) {
      if ((await refusalOf(ask('throw "ddbIngestTest"'))) === undefined)
        return fail('the failing script was answered with OK')
      return expectText('1+1 afterwards', answerText(await ask('1+1')), 'INT scalar 2')
    },
  },
  {
    name: 'connection: text in UTF-8',
    does: 'sends and reads text of one to four bytes a character',
    dependsOnIt: 'names and values outside ASCII',
    async run({ ask }) {
      const text = 'a\u00e9\u4e2d\u{1f40b}'
      return expectText('the text', textOf(await ask(`"${text}"`)), text)
    },
  },
  {
    name: 'connection: printed output',
    does: 'prints a line, and waits for it',
    dependsOnIt: 'output of scripts in exec',
    async run({ ask, open }) {
      const session = await open()
      const printed: string[] = []
      session.onMessage = text => void printed.push(text.trim())
      await ask('print("ddbIngestTest")', session)
      // The session delivers printed text in a microtask, which has certainly run before a second request ends.
      await ask('1', session)
      return expectText('printed', printed.join(), 'ddbIngestTest')
    },
  },
  {
    name: 'connection: a large script',
    does: 'runs a script of 200,000 bytes',
    dependsOnIt: 'exec of long scripts',
    async run({ ask }) {
      const lines = Array.from({ length: 10_000 }, () => '// 345678901234567\n').join('')
      return expectText('the value', answerText(await ask(`${lines}7`)), 'INT scalar 7')
    },
  },
  {
    name: 'connection: a large answer',
    does: 'reads a vector of a million values',
    dependsOnIt: 'large results of exec',
    async run({ ask }) {
      const answer = await ask('1..1000000')
      if (answer?.form !== 'vector' || answer.length !== 1_000_000) {
        return fail(`a vector of 1,000,000 was expected, not ${answerText(answer)}`)
      }
      const wrong = numbersOf(answer).findIndex((value, i) => value !== i + 1)
      return wrong < 0 ? pass() : fail(`value ${wrong + 1} is wrong`)
    },
  },
  {
    name: 'connection: an answer in blocks',
    does: 'reads a table of 30,000 rows in blocks of 8,192 bytes',
    dependsOnIt: 'readBlocks of the library',
    async run({ open, signal }) {
      const session = await open()
      const script = 'table(1..30000 as i)'
      const seen: number[] = []
      let blocks = 0
      for await (const block of session.readBlocks(script, { fetchSize: 8_192, signal })) {
        blocks++
        seen.push(...numbersOf(tableOf(block).columns[0]!))
      }
      const wrong = seen.findIndex((value, i) => value !== i + 1)
      if (seen.length !== 30_000 || wrong >= 0) return fail(`${seen.length} rows came`)
      return pass(`${blocks} blocks`)
    },
  },
  {
    name: 'connection: a compressed answer',
    does: 'asks for compressed columns (flag 64) and reads them',
    dependsOnIt: 'answers of servers that compress',
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      const flags = requestFlags.apiClient | requestFlags.compress
      const script = 'table(1..30000 as i, take(`a`b`c, 30000) as s)'
      const answer = await exchange.ask({ sessionId, flags }, { kind: 'script', script })
      if (!answer.ok) return fail(answer.message)
      const seen = numbersOf(tableOf(answer.value).columns[0]!)
      const wrong = seen.findIndex((value, i) => value !== i + 1)
      return seen.length === 30_000 && wrong < 0 ? pass() : fail('the values differ')
    },
  },
  {
    name: 'connection: every answer carries the session id',
    does: 'compares the ids of a script, an error and a call with that of the connection',
    dependsOnIt: 'noticing a server that has forgotten the session',
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      for (const request of [
        { kind: 'script', script: '1+1' },
        { kind: 'script', script: 'throw "ddbIngestTest"' },
        { kind: 'function', name: 'version', args: [] },
      ] as const) {
        const answer = await exchange.ask({ sessionId }, request)
        if (answer.sessionId !== sessionId) {
          return fail(
            `a ${request.kind} of session ${sessionId} was answered by ${answer.sessionId}`,
          )
        }
      }
      return pass()
    },
  },
  {
    name: 'connection: an unknown session id',
    does: 'sends a request under an id that the server never gave, and looks at the id of the answer',
    dependsOnIt:
      'noticing a server that has forgotten the session: its answer must carry another id',
    async run({ rawSession }) {
      const { exchange } = await rawSession()
      const sessionId = '987654321'
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: '1+1' })
      if (answer.sessionId === sessionId) return fail('the answer carries the id that was sent')
      return pass(answer.ok ? '' : `it is refused: ${answer.message}`)
    },
  },
  {
    name: 'connection: variables belong to one session',
    does: 'sets a variable in one session and asks for it in another',
    dependsOnIt: 'several runs at one time',
    async run({ ask, open }) {
      const [first, second] = [await open(), await open()]
      await first.upload({ ddbIngestTestPrivate: 5 })
      if (numberOf(await ask('ddbIngestTestPrivate', first)) !== 5) {
        return fail('the variable was not set')
      }
      const refused = await refusalOf(ask('ddbIngestTestPrivate', second))
      return refused === undefined ? fail('another session sees it') : pass()
    },
  },
  {
    name: 'connection: functions belong to one session',
    does: 'defines a function of one name in two sessions, and calls both',
    dependsOnIt: 'receipts of several runs at one time',
    async run({ ask, call, open }) {
      const [first, second] = [await open(), await open()]
      await ask('def ddbIngestTestOwn() { return 1 }', first)
      await ask('def ddbIngestTestOwn() { return 2 }', second)
      const answers = [
        numberOf(await call('ddbIngestTestOwn', [], first)),
        numberOf(await call('ddbIngestTestOwn', [], second)),
      ]
      return expectText('they answer', answers.join(' and '), '1 and 2')
    },
  },
  {
    name: 'connection: flag 16 clears variables',
    does: 'sets a variable, sends a request with flag 16, and asks for the variable',
    dependsOnIt: 'clearMemory of the library',
    async run({ ask, open, signal }) {
      const session = await open()
      await ask('ddbIngestTestCleared = 5', session)
      await session.run('1', { clearMemory: true, signal })
      const refused = await refusalOf(ask('ddbIngestTestCleared', session))
      return refused === undefined ? fail('the variable is still there') : pass()
    },
  },
]
