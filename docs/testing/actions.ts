import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parse } from 'yaml';
import { matches } from '../../src/text.js';
import type { Project } from './project.js';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
  readonly run?: string;
  readonly shell?: 'bash';
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly if?: string;
  readonly steps: readonly Step[];
}

/** The contexts in which GitHub passes values to a workflow. */
export interface Contexts {
  readonly github: Readonly<Record<string, unknown>> & { readonly event_name: string; readonly sha: string };
  readonly matrix?: Readonly<Record<string, unknown>>;
  /** The inputs of a composite action. */
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** The result of a shell step. */
export interface Ran {
  readonly code: number;
  /** Everything it printed. */
  readonly output: string;
}

/** The result of a job. */
export interface Outcome {
  readonly status: 'success' | 'failure' | 'skipped';
  /** The shell steps that ran, by name or command. */
  readonly steps: ReadonlyMap<string, Ran>;
  /** The job's summary at the time of reading. */
  readonly summary: string;
  readonly workspace: string;
  /** Runs the shell step with that name again, in the workspace as it is then. */
  again(step: string): Ran;
}

/**
 * Runs a job of a workflow as GitHub would: in its own workspace, with `${{ }}` and `if` evaluated by GitHub's own evaluator,
 * each `run` by `bash -e` (with pipefail if the step names its shell), and with the few actions that the recipes use, which keep
 * artifacts in the project's scratch folder. Anything unknown throws.
 */
export function runJob(project: Project, workflow: string, jobName: string, contexts: Contexts): Outcome {
  const job = (parse(workflow).jobs as Record<string, Job>)[jobName]!;
  const workspace = mkdtempSync(join(project.scratch, `${jobName}-`));
  const summary = `${workspace}.md`;
  writeFileSync(summary, '');
  const temp = mkdtempSync(join(project.scratch, `${jobName}-temp-`));
  const steps = new Map<string, Ran>();
  /** The last command run under each name, to be run again. */
  const commands = new Map<string, () => Ran>();
  let failed = false;
  const runSteps = (list: readonly Step[], inner: Contexts): void => {
    const known = { ...inner, runner: { temp } };
    const evaluate = (expression: string) => evaluated(expression, known, failed);
    const filled = (text: string) =>
      text.replace(/\$\{\{(.*?)\}\}/g, (_, expression) => evaluate(expression).coerceString());
    const filledIn = (values: Step['with'] = {}) =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, filled(String(value))]));
    const shell = (step: Step): Ran => {
      const flags = step.shell === 'bash' ? ['-eo', 'pipefail'] : ['-e'];
      const github = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, RUNNER_TEMP: temp };
      const { status, stdout, stderr } = spawnSync('bash', [...flags, '-c', filled(step.run!)], {
        cwd: workspace,
        encoding: 'utf8',
        env: { ...project.env, CI: 'true', ...github, ...filledIn(step.env) },
      });
      return { code: status ?? -1, output: `${stdout}${stderr}` };
    };
    for (const step of list) {
      if (step.if === undefined ? failed : !isTrue(step.if, evaluate)) continue;
      if (step.run !== undefined) {
        commands.set(nameOf(step), () => shell(step));
        const ran = shell(step);
        steps.set(nameOf(step), ran);
        failed ||= ran.code !== 0;
      } else if (OWN_ACTION.test(step.uses!)) {
        const own = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as OwnAction;
        const defaults = Object.entries(own.inputs).map(([name, input]) => [name, input.default ?? '']);
        const inputs = { ...Object.fromEntries(defaults), ...filledIn(step.with) };
        runSteps(own.runs.steps, { ...inner, inputs });
      } else {
        action(step.uses!)(filledIn(step.with), { project, workspace, contexts: inner });
      }
    }
  };
  const outcome = (status: Outcome['status']): Outcome => ({
    ...{ status, steps, workspace },
    get summary() {
      return readFileSync(summary, 'utf8');
    },
    again: (name) => commands.get(name)!(),
  });

  const evaluate = (expression: string) => evaluated(expression, contexts, failed);
  if (job.if !== undefined && !isTrue(job.if, evaluate)) return outcome('skipped');
  runSteps(job.steps, contexts);
  return outcome(failed ? 'failure' : 'success');
}

/** The action in this repository or in a fork of it. */
const OWN_ACTION = /^[\w.-]+\/pinbench@/;

interface OwnAction {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

function nameOf({ name, run }: Step): string {
  return name ?? run!;
}

const STATUS_FUNCTIONS = ['success', 'failure', 'cancelled', 'always'];

/** A condition that names no status function applies only while the job has not failed. */
function isTrue(condition: string, evaluate: (expression: string) => data.ExpressionData): boolean {
  const expression = condition.replace(/^\$\{\{(.*)\}\}$/, '$1');
  const asksStatus = STATUS_FUNCTIONS.some((name) => expression.includes(`${name}()`));
  return evaluate(asksStatus ? expression : `success() && (${expression})`).coerceString() === 'true';
}

function evaluated(expression: string, contexts: Contexts, failed: boolean): data.ExpressionData {
  const statuses: Record<string, boolean> = {
    success: !failed,
    failure: failed,
    cancelled: false,
    always: true,
  };
  const functions = STATUS_FUNCTIONS.map((name) => ({
    ...{ name, minArgs: 0, maxArgs: 0 },
    call: () => new data.BooleanData(statuses[name]!),
  }));
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  const context = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(tree, context, new Map(functions.map((one) => [one.name, one]))).evaluate();
}

type Inputs = Readonly<Record<string, string>>;
type Action = (inputs: Inputs, world: { project: Project; workspace: string; contexts: Contexts }) => void;

function action(uses: string): Action {
  const found = ACTIONS[uses.split('@')[0]!];
  if (found === undefined) throw new Error(`the test knows no action ${uses}`);
  return found;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  'actions/setup-node': () => {},
  'actions/checkout': ({ path = '.', 'fetch-depth': depth = '1' }, { project, workspace, contexts }) => {
    // Given a URL, git fetches only to the requested depth, as it does from GitHub.
    const fetch = `fetch --quiet --depth ${depth} "file://${project.repository}" ${contexts.github.sha}`;
    const git = `git -C "${path}"`;
    const script = `git init --quiet "${path}" && ${git} ${fetch} && ${git} checkout --quiet --detach FETCH_HEAD`;
    const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: workspace, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  },
  'actions/upload-artifact': ({ name, path, 'if-no-files-found': ifNone }, { project, workspace }) => {
    const files = filesOf(resolve(workspace, path!));
    if (files.length === 0 && ifNone === 'ignore') return;
    if (files.length === 0) throw new Error(`no files for artifact ${name}: ${path}`);
    // For a folder, its content is uploaded.
    for (const file of files) {
      const into = join(project.scratch, 'artifacts', name!);
      cpSync(file, statSync(file).isDirectory() ? into : join(into, basename(file)), { recursive: true });
    }
  },
  'actions/download-artifact': ({ pattern, path, 'merge-multiple': merge }, { project, workspace }) => {
    for (const folder of filesOf(join(project.scratch, 'artifacts', pattern!))) {
      cpSync(folder, join(workspace, path!, merge === 'true' ? '' : basename(folder)), { recursive: true });
    }
  },
};

/** The files and folders that match a path with `*` in its last part. */
function filesOf(pattern: string): string[] {
  if (!existsSync(dirname(pattern))) return [];
  const names = readdirSync(dirname(pattern)).filter((name) => matches(basename(pattern), name));
  return names.sort().map((name) => join(dirname(pattern), name));
}
