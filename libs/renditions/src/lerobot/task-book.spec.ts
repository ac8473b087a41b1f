import { describe, expect, it } from '@jest/globals';
import { NO_TASK, TaskBook } from './task-book.js';

describe('the task of each frame', () => {
  it('is that of the innermost span', () => {
    const book = new TaskBook(['tidy up']);
    const { taskIndex, texts } = book.lay(
      [
        { text: 'tidy up', from: 0, to: null },
        { text: 'reach', from: 2, to: 4 },
      ],
      6,
    );

    expect([...taskIndex]).toEqual([0, 0, 1, 1, 0, 0]);
    expect(texts).toEqual(['tidy up', 'reach']);
  });

  it('keeps the task before in a gap, and takes the first of two texts for the same frames', () => {
    const book = new TaskBook([]);
    const laid = book.lay(
      [
        { text: 'a', from: 0, to: 2 },
        { text: 'b', from: 3, to: 9 },
        { text: 'c', from: 3, to: 9 },
      ],
      5,
    );

    expect([...laid.taskIndex].map((index) => book.texts[index])).toEqual(['a', 'a', 'a', 'b', 'b']);
    expect(laid.texts).toEqual(['a', 'b']);
  });

  it('is a plain word where the source has none', () => {
    expect(new TaskBook([]).lay([], 2).texts).toEqual([NO_TASK]);
  });

  it('keeps the numbers that the source gives its tasks', () => {
    const book = new TaskBook(['x', 'y']);

    expect([...book.lay([{ text: 'y', from: 0, to: null }], 1).taskIndex]).toEqual([1]);
  });
});
