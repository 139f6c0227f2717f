import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../testing/blocks.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-comment-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(process.platform === 'win32')('the script of docs/ci.md that posts a comment', () => {
  it.each([
    [0, undefined],
    [1, '7 the table'],
    [4, undefined],
  ])('exits with %i as ab does, and posts %j', (code, posted) => {
    const tool = (name: string, script: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    tool('npx', `echo the table; exit ${code}`);
    tool('gh', '[ "$1 $2 $4" = "pr comment --body-file" ] && echo "$3 $(cat "$5")" >posted');
    writeFileSync(join(folder, 'post.sh'), blocksOf('ci.md').get('post.sh')!);
    rmSync(join(folder, 'posted'), { force: true });
    const { status } = spawnSync('bash', ['-e', 'post.sh'], {
      cwd: folder,
      env: { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), PULL_REQUEST: '7' },
    });
    expect(status).toBe(code);
    const path = join(folder, 'posted');
    expect(existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined).toBe(posted);
  });
});
