import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandFailed } from './command.js';
import { type Kept, unpackWheel } from './unpack.js';

const hasPython = spawnSync('python3', ['--version']).status === 0;

const scratch = mkdtempSync(join(tmpdir(), 'pinbench-unpack-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** An entry of an archive: its name exactly as written into the file, and its type and permissions. */
interface Entry {
  readonly name: string;
  readonly mode?: number;
}

const ZIP = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    for entry in json.loads(sys.argv[2]):
        info = zipfile.ZipInfo('x')
        info.filename, info.external_attr = entry['name'], entry.get('mode', 0o100644) << 16
        archive.writestr(info, 'content of ' + entry['name'])
`;

function wheelOf(entries: readonly Entry[]): string {
  const path = join(scratch, 'made.whl');
  execFileSync('python3', ['-c', ZIP, path, JSON.stringify(entries)]);
  return path;
}

describe.skipIf(!hasPython)(`unpacking a wheel${hasPython ? '' : ': skipped, there is no python3'}`, () => {
  const KEPT: Kept = [['pack/', 'kept/']];
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(scratch, 'into-'));
    folder = join(parent, 'tensorflow');
    mkdirSync(folder);
  });
  const unpack = (...entries: Entry[]) => unpackWheel(wheelOf(entries), folder, KEPT, { cwd: parent, env });

  it('writes the kept files, but no others and no Python code', async () => {
    await unpack(
      { name: 'pack/', mode: 0o040755 },
      { name: 'pack/lib/a..b.so' },
      { name: 'pack/x.py' },
      { name: 'other/y' },
    );
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['kept', 'kept/lib', 'kept/lib/a..b.so']);
    expect(readFileSync(join(folder, 'kept/lib/a..b.so'), 'utf8')).toBe('content of pack/lib/a..b.so');
  });

  it.each([
    ['beside the folder and begins with its name', '../tensorflow-evil/x', 'leads elsewhere'],
    ['beside the folder, after a kept prefix', 'pack/../../tensorflow-evil/x', 'leads elsewhere'],
    ['inside the folder, but outside its prefix', 'pack/../x', 'leads elsewhere'],
    ['with an empty part', 'pack//x', 'leads elsewhere'],
    ['absolute', '/pack/x', 'absolute name'],
    ['absolute on Windows', 'C:/pack/x', 'absolute name'],
    ['with a backslash', 'pack/..\\..\\tensorflow-evil\\x', 'backslash'],
  ])('refuses a name (%s) and writes nothing', async (_, name, why) => {
    const unpacking = unpack({ name: 'pack/good' }, { name });
    await expect(unpacking).rejects.toThrow(CommandFailed);
    await expect(unpacking).rejects.toThrow(why);
    expect(readdirSync(parent, { recursive: true })).toEqual(['tensorflow']);
  });

  it.each([
    ['a symbolic link', 0o120777],
    ['a device', 0o020666],
    ['a FIFO', 0o010644],
  ])('refuses %s, and writes nothing', async (_, mode) => {
    const unpacking = unpack({ name: 'pack/good' }, { name: 'pack/there', mode });
    await expect(unpacking).rejects.toThrow(/'pack\/there' in made\.whl: a link or a special file/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not write through a link that leads out of the folder', async () => {
    mkdirSync(join(parent, 'tensorflow-evil'));
    symlinkSync('../tensorflow-evil', join(folder, 'kept'));
    await expect(unpack({ name: 'pack/x' })).rejects.toThrow('leads elsewhere');
    expect(existsSync(join(parent, 'tensorflow-evil', 'x'))).toBe(false);
  });
});
