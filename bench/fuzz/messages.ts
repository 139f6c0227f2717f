import type { Kind } from '../../src/data/testing/cases.js';

/** What a worker is asked to do. */
export interface Task {
  readonly kind: Kind;
  readonly first: number;
  readonly count: number;
}

/** The results of a task. */
export interface Result {
  readonly task: Task;
  readonly accepted: number;
  readonly refused: number;
  readonly unjudged: number;
  readonly invalidUnread: number;
  readonly findings: readonly Finding[];
  /**
   * What numpy reads as numbers and pinbench refuses: pinbench's message without its numbers, how often it occurred, and one
   * header.
   */
  readonly missed: readonly Missed[];
}

export interface Finding {
  readonly kind: Kind;
  readonly number: number;
  readonly reason: string;
  readonly how: string;
}

export interface Missed {
  readonly message: string;
  readonly times: number;
  readonly example: string;
}

/** The settings that all workers of a run share. */
export interface Run {
  readonly seed: number;
  readonly fixtures: string;
  readonly oracle: string;
  readonly python: string;
  readonly scratch: string;
}
