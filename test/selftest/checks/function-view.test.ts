import t from 'tap'
import { functionViewChecks } from '../../../src/selftest/checks/function-view.js'
import { answering, each, instead } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const plain = 'function view: declared without mutable'
const names = functionViewChecks.map(({ name }) => name)
const view = 'ddbIngestTest_[0-9a-f]{16}_\\d{14}_view'
const taken = 'function view: the words for a name that is taken'
const missing = 'function view: the words for a name that is not there'

testChecks(
  t,
  functionViewChecks,
  {
    finds: {
      [taken]: new RegExp(
        `^addFunctionView\\(${view}\\) => The FunctionView \\[${view}\\] already exists`,
      ),
      [plain]: /^one that changes what it is given: .*Read only object/,
      [missing]: /The function view \[.*_missing\] does not exist\. RefId: S04002$/,
    },
    facts: { plainViews: true },
  },
  {
    'views that only a call reaches': {
      toServer: instead('ddbIngestTarget(data))', 'ddbIngestTarged(data))'),
      fails: { [plain]: /ddbIngestTarged/ },
      facts: { plainViews: false },
    },
    'users who may not add views': {
      login: {},
      skips: Object.fromEntries(
        names.map(name => [name, /^the server refuses what it needs: .*<NoPrivilege>/]),
      ),
    },
    'views that do not change what they are given': {
      toServer: instead('data[`id] + 1)', 'data[`id] + 0)'),
      fails: {
        'function view: called with an answer': 'the sum of the ids: 6, expected 10',
        'function view: R2, delivered with receipts':
          'outcome and sum: 1: 4 rows; 6, expected 1: 4 rows; 10',
      },
    },
    'views whose rows are dropped': {
      server: {
        faults: { beforeWrite: ({ table }) => (table.endsWith('_viewed') ? 'drop' : undefined) },
      },
      fails: {
        'function view: called with an answer': /^expected a number, got LONG scalar/,
        'function view: called without an answer': 'no result within 5000 ms',
      },
    },
    'views that refuse': {
      server: {
        faults: {
          beforeWrite: ({ table }) => (table.endsWith('_viewed') ? { error: 'no' } : undefined),
        },
      },
      fails: {
        'function view: called with an answer': /no$/,
        'function view: R2, delivered with receipts': /^expected a number|^outcome and sum/,
      },
    },
    'rows that are written twice': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'twice' : undefined) },
      },
      fails: { 'function view: called without an answer': 'rows: 8, expected 4' },
    },
    'functions of the session that are not known': {
      toClient: answering('DEF)', instead('\x01\0\x01', '\x01\0\0')),
      fails: { 'function view: R2, delivered with receipts': 'ddbIngestDeliver is not defined' },
    },
    'views that are not found': {
      toServer: instead('script\ntypestr(ddbIngestTest_', 'script\ntypestr(ddbIngestText_'),
      fails: { 'function view: found by typestr': /^the view is not found: / },
    },
    'names that are found though they are not there': {
      toServer: instead('viewMissing)', 'view)'),
      fails: { 'function view: found by typestr': 'a name that is not there is found' },
    },
    'lists without the view': {
      toServer: instead('exec name from getFunctionViews()', 'array(STRING, 0)'),
      fails: { 'function view: listed': 'it is not in the list' },
    },
    'a list that is none': {
      toServer: instead('exec name from getFunctionViews()', '5'),
      fails: { 'function view: listed': 'the answer is no list' },
    },
    'a server that replaces views, and drops what is not there': {
      toServer: each(
        instead('return 2 }\naddFunctionView(', 'return 2 }\ntypestr('),
        instead('script\ndropFunctionView("', 'script\nprint("'),
      ),
      finds: { [taken]: 'it replaces the first', [missing]: 'it is accepted' },
    },
  },
)
