import t from 'tap'
import { connectionChecks } from '../../../src/selftest/checks/connection.js'
import { answering, each, instead, intBytes } from '../../helpers/rewriting-proxy.js'
import { testChecks } from '../test-checks.js'

const header = /^\d+(?= [01] 1\n)/

testChecks(
  t,
  connectionChecks,
  { finds: { 'connection: an answer in blocks': '15 blocks' } },
  {
    'all sessions have one id': {
      toClient: chunk => chunk.replace(header, '1000000009'),
      // A login of two requests belongs to one session.
      login: {},
      fails: { 'connection: a session with an id': 'two sessions have one id' },
    },
    'wrong results': {
      toClient: answering('1+1', instead(intBytes(2), intBytes(3))),
      fails: {
        'connection: a script is answered': '1+1: INT scalar 3, expected INT scalar 2',
        'connection: an error leaves the session usable': /^1\+1 afterwards: INT scalar 3/,
        'connection: an urgent request': '1+1: INT scalar 3, expected INT scalar 2',
      },
    },
    'refused scripts': {
      toServer: instead('\n1+1', '\n1+)'),
      fails: {
        'connection: a script is answered': /Syntax Error/,
        'connection: an urgent request': /Syntax Error/,
      },
    },
    'a version that is none': {
      toClient: instead('3.00.5.0 2026', 'unversioned 1'),
      fails: { 'connection: version()': /^not a version: unversioned/ },
    },
    'one wrong answer of fifty': {
      toClient: instead(intBytes(40), intBytes(42)),
      fails: { 'connection: answers come in order': 'answer 21 is INT scalar 42' },
    },
    'errors that are none': {
      toServer: instead('throw "ddbIngestTest"', '"ddbIngestTest"'),
      fails: {
        'connection: an error leaves the session usable': 'the failing script was answered with OK',
      },
    },
    'text that is damaged': {
      toClient: each(instead('\xe4\xb8\xad', '\xe4\xb8\xae'), instead('MSG\nddb', 'MSG\nDDB')),
      fails: {
        'connection: text in UTF-8': 'the text: aé丮🐋, expected aé中🐋',
        'connection: printed output': 'printed: DDBIngestTest, expected ddbIngestTest',
      },
    },
    'scripts and answers that are cut': {
      toServer: each(
        instead('1..1000000', '1..999999'),
        instead('table(1..30000 as i)', 'table(1..29999 as i)'),
        instead('\n7', '\n8'),
      ),
      fails: {
        'connection: a large script': 'the value: INT scalar 8, expected INT scalar 7',
        'connection: a large answer': /^a vector of 1,000,000 was expected, not INT vector/,
        'connection: an answer in blocks': '29999 rows came',
      },
    },
    'values that are displaced': {
      toServer: each(
        instead('1..1000000', '2..1000001'),
        instead('table(1..30000 as i)', 'table(0..29999 as i)'),
        instead('1..30000 as i, take', '2..30001 as i, take'),
      ),
      fails: {
        'connection: a large answer': 'value 1 is wrong',
        'connection: an answer in blocks': '30000 rows came',
        'connection: a compressed answer': 'the values differ',
      },
    },
    'answers of another session': {
      login: {},
      toClient: chunk =>
        chunk.replace(/^\d+ 1 1\n/, line => line.replace(/\d(?= )/, last => `${9 - Number(last)}`)),
      fails: {
        'connection: a script is answered': /has forgotten this session/,
        'connection: every answer carries the session id':
          /^a script of session \d+ was answered by \d+$/,
      },
    },
    'a server that answers under a session id it never gave': {
      toClient: (chunk, sent) =>
        sent.includes('API2 987654321 ') ? chunk.replace(/^\d+/, '987654321') : chunk,
      fails: { 'connection: an unknown session id': 'the answer carries the id that was sent' },
    },
    'a server that refuses unknown sessions': {
      toClient: (chunk, sent) =>
        sent.includes('API2 987654321 ') ? '1000000007 0 1\nunknown session\n' : chunk,
      finds: { 'connection: an unknown session id': 'it is refused: unknown session' },
    },
    'variables that all sessions see': {
      toServer: instead('script\nddbIngestTestPrivate', 'script\n5'),
      fails: { 'connection: variables belong to one session': 'another session sees it' },
    },
    'variables that are not kept': {
      toServer: instead('script\nddbIngestTestPrivate', 'script\n6'),
      fails: { 'connection: variables belong to one session': 'the variable was not set' },
    },
    'functions that all sessions share': {
      toServer: instead('return 1', 'return 2'),
      fails: { 'connection: functions belong to one session': /^they answer: 2 and 2/ },
    },
    'sessions that are forgotten between two requests': {
      server: {
        faults: {
          beforeExecute: ({ text }) => (text === 'ddbIngestTestOwn' ? 'forget' : undefined),
        },
      },
      fails: { 'connection: functions belong to one session': /./ },
      passes: ['connection: a script is answered'],
    },
    'flag 16 that clears nothing': {
      toServer: instead(' / 48_', ' / 32_'),
      fails: { 'connection: flag 16 clears variables': 'the variable is still there' },
    },
    'compression that is refused': {
      toServer: instead('take(`a`b`c, 30000)', 'take(`a`b`c; 30000)'),
      fails: { 'connection: a compressed answer': /Syntax Error/ },
    },
  },
)
