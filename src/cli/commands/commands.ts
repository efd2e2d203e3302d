/*
  Every command, in the order of the help.
*/
import {
  benchOptions,
  checkOptions,
  execOptions,
  resumeOptions,
  retryOptions,
  runsOptions,
  schemaOptions,
  selftestOptions,
  serveOptions,
  commonOptions,
} from '../options/command-options.js'
import { loadOptions } from '../options/load-options.js'
import { defineCommand, type Command } from './command.js'

export const commands: readonly Command[] = [
  defineCommand({
    name: 'load',
    group: 'Load',
    summary:
      'stream files or standard input into a table or function, and prove that every row landed',
    args: '[source...]',
    options: loadOptions,
    load: () => import('./load.js'),
  }),
  defineCommand({
    name: 'check',
    group: 'Load',
    summary: 'report column by column what a load would do, without writing',
    args: '[source...]',
    options: checkOptions,
    load: () => import('./check.js'),
  }),
  defineCommand({
    name: 'schema',
    group: 'Load',
    summary:
      'detect column types from every value of the files, and print a script that creates the table',
    args: '[source...]',
    options: schemaOptions,
    load: () => import('./schema.js'),
  }),
  defineCommand({
    name: 'resume',
    group: 'Load',
    summary: 'resume a named run where it stopped',
    args: '<run>',
    options: resumeOptions,
    load: () => import('./runs/resume.js'),
  }),
  defineCommand({
    name: 'runs',
    group: 'Load',
    summary: 'list named runs with their states, and how to resume them',
    args: '[run...]',
    options: runsOptions,
    load: () => import('./runs/runs.js'),
  }),
  defineCommand({
    name: 'retry',
    group: 'Load',
    summary: 'load a repaired rejects file with the options of its run',
    args: '<rejects>',
    options: retryOptions,
    load: () => import('./runs/retry.js'),
  }),
  defineCommand({
    name: 'exec',
    group: 'Server',
    summary: 'run a DolphinDB script and print its result',
    args: '[file.dos]',
    options: execOptions,
    load: () => import('./exec.js'),
  }),
  defineCommand({
    name: 'serve',
    group: 'Server',
    summary:
      'run the embedded DolphinDB-compatible server, in the foreground or as long as a command runs',
    args: '',
    options: serveOptions,
    isClient: false,
    load: () => import('./serve.js'),
  }),
  defineCommand({
    name: 'demo',
    group: 'Tools',
    summary: 'tour of the three asynchronous ways to write, on the embedded server',
    args: '',
    // The demo does not use the user's server, and so has no options for it.
    options: { noColor: commonOptions.noColor },
    isClient: false,
    load: () => import('./demo.js'),
  }),
  defineCommand({
    name: 'bench',
    group: 'Tools',
    summary:
      'compare the speed of asynchronous and synchronous writing: 50,000 requests of 100 rows',
    args: '',
    options: benchOptions,
    load: () => import('./bench.js'),
  }),
  defineCommand({
    name: 'selftest',
    group: 'Tools',
    summary: 'test with temporary tables whether a server behaves as this program expects',
    args: '',
    options: selftestOptions,
    load: () => import('./selftest.js'),
  }),
  defineCommand({
    name: 'explain',
    group: 'Tools',
    summary: 'explain an error code or exit code, and what to do about it',
    args: '[code]',
    options: commonOptions,
    isClient: false,
    load: () => import('./explain.js'),
  }),
  defineCommand({
    name: 'completion',
    group: 'Tools',
    summary: 'print the completion script for bash, zsh or fish',
    args: '<shell>',
    options: { noColor: commonOptions.noColor },
    isClient: false,
    load: () => import('./completion.js'),
  }),
]
