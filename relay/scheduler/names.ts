// Tasks by the keys under which workers have been told of them. A key takes hashing and is a string of 66 characters, so a task gets it when
// somebody is told of it and not before: the scheduler itself, the simulator and a task in line know tasks by reference.
import type { TaskKey } from "../../protocol/ids.ts";
import type { Task } from "./state.ts";

export class Names {
  readonly #tasks = new Map<TaskKey, Task>();

  /** The open task a worker means; undefined if nobody was told of such a key, or it is decided. */
  get(key: TaskKey): Task | undefined {
    return this.#tasks.get(key);
  }

  /** The task's key, by which it is found from now on. */
  tell(task: Task): TaskKey {
    if (!task.isTold && !task.closed) {
      task.isTold = true;
      this.#tasks.set(task.key, task);
    }
    return task.key;
  }

  forget(task: Task): void {
    if (task.isTold) this.#tasks.delete(task.key);
    task.isTold = false;
  }
}
