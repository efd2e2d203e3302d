/*
  Every command, in the order of the help.
*/
import { benchOptions } from '../options/bench-options.js'
import { checkOptions } from '../options/check-options.js'
import { execOptions } from '../options/exec-options.js'
import { explainOptions } from '../options/explain-options.js'
import { loadOptions } from '../options/load-options.js'
import { commonOptions } from '../options/output-options.js'
import { resumeOptions } from '../options/journal/resume-options.js'
import { retryOptions } from '../options/journal/retry-options.js'
import { runsOptions } from '../options/journal/runs-options.js'
import { schemaOptions } from '../options/schema-options.js'
import { selftestOptions } from '../options/selftest-options.js'
import { serveOptions } from '../options/serve-options.js'
import { defineCommand, type Command } from './command.js'
import { epilogues } from './help.js'

const clientPrefix = 'DDB_INGEST_'

export const commands: readonly Command[] = [
  defineCommand({
    name: 'load',
    group: 'Load',
    summary:
      'stream files or standard input into a table or function, and prove that every row landed',
    args: '[source...]',
    options: loadOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.load,
    load: () => import('./load.js'),
  }),
  defineCommand({
    name: 'check',
    group: 'Load',
    summary: 'say what a load would do, column by column, and write nothing',
    args: '[source...]',
    options: checkOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    settingsOf: 'load',
    epilogue: epilogues.check,
    load: () => import('./check.js'),
  }),
  defineCommand({
    name: 'schema',
    group: 'Load',
    summary: 'find the columns of files by looking at every value, and the script for a table',
    args: '[source...]',
    options: schemaOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.schema,
    load: () => import('./schema/schema.js'),
  }),
  defineCommand({
    name: 'resume',
    group: 'Load',
    summary: 'go on with a run that has a name, where it stopped',
    args: '<run>',
    options: resumeOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.resume,
    load: () => import('./runs/resume.js'),
  }),
  defineCommand({
    name: 'runs',
    group: 'Load',
    summary: 'list runs that have a name: where each stands, and how to go on with it',
    args: '[run...]',
    options: runsOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.runs,
    load: () => import('./runs/runs.js'),
  }),
  defineCommand({
    name: 'retry',
    group: 'Load',
    summary: 'load a repaired rejects file as its run was asked to load',
    args: '<rejects>',
    options: retryOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.retry,
    load: () => import('./runs/retry.js'),
  }),
  defineCommand({
    name: 'exec',
    group: 'Server',
    summary: 'run a DolphinDB script and print its result',
    args: '[file.dos]',
    options: execOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.exec,
    load: () => import('./exec.js'),
  }),
  defineCommand({
    name: 'serve',
    group: 'Server',
    summary:
      'the embedded DolphinDB-compatible server, in the foreground or for as long as a command runs',
    args: '',
    options: serveOptions,
    environmentPrefix: 'DDB_INGEST_SERVE_',
    takesSharedConfig: false,
    epilogue: epilogues.serve,
    load: () => import('./serve.js'),
  }),
  defineCommand({
    name: 'demo',
    group: 'Tools',
    summary: 'a tour of the three asynchronous ways of writing, on the embedded server',
    args: '',
    // The tour takes no settings of the user's own server.
    options: { noColor: commonOptions.noColor },
    environmentPrefix: 'DDB_INGEST_DEMO_',
    takesSharedConfig: false,
    epilogue: epilogues.demo,
    load: () => import('./demo.js'),
  }),
  defineCommand({
    name: 'bench',
    group: 'Tools',
    summary: 'measure asynchronous against synchronous writing: 50,000 requests of 100 rows',
    args: '',
    options: benchOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.bench,
    load: () => import('./bench.js'),
  }),
  defineCommand({
    name: 'selftest',
    group: 'Tools',
    summary: 'try on a server what this program relies on, with throw-away tables',
    args: '',
    options: selftestOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.selftest,
    load: () => import('./selftest.js'),
  }),
  defineCommand({
    name: 'explain',
    group: 'Tools',
    summary: 'say what an error code or exit code means, and what to do',
    args: '<code>',
    options: explainOptions,
    environmentPrefix: 'DDB_INGEST_EXPLAIN_',
    takesSharedConfig: false,
    epilogue: epilogues.explain,
    load: () => import('./explain.js'),
  }),
]
