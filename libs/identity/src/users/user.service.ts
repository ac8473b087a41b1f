import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors, newId, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { displayNameSchema } from '../organizations/organization.rules.js';
import { hashPassword } from './password.js';
import { UserEntity } from './user.entity.js';
import { emailSchema, passwordSchema } from './user.rules.js';

const userSchema = z.object({ email: emailSchema, name: displayNameSchema, password: passwordSchema });

@Injectable()
export class UserService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The user with this e-mail and password, made or brought to it. Only for the market's own set-up. */
  async ensureUser(ctx: RequestContext, input: z.input<typeof userSchema>): Promise<string> {
    if (ctx.actor.kind !== 'system') throw KernelErrors.FORBIDDEN({ reason: 'Only the market itself sets up users.' });
    const { email, name, password } = validate(userSchema, input);
    const passwordHash = await hashPassword(password);
    return this.database.transaction(ctx, async (ctx) => {
      const repository = this.database.repository(ctx, UserEntity);
      const known = await repository.findOneBy({ email });
      if (known) {
        await repository.update({ id: known.id }, { passwordHash });
        return known.id;
      }
      const now = this.clock.now();
      const id = newId('User', now.getTime());
      await repository.insert({ id, email, name, passwordHash, createdAt: now });
      return id;
    });
  }
}
