import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { ApiModule } from '../apps/api/src/api.module.js';

type Class = new (...args: never[]) => object;

/** Classes named by the modules below one, through their metadata; nothing is instantiated. */
function classesBelow(root: unknown, key: 'providers' | 'controllers', seen = new Set<unknown>()): Class[] {
  if (seen.has(root) || root === null || root === undefined) return [];
  seen.add(root);
  const dynamic = typeof root === 'object' && 'module' in root ? (root as Record<string, unknown>) : {};
  const target = (dynamic['module'] ?? root) as Class;
  if (typeof target !== 'function') return [];
  const listOf = (name: string): unknown[] => [
    ...((Reflect.getMetadata(name, target) as unknown[] | undefined) ?? []),
    ...((dynamic[name] as unknown[] | undefined) ?? []),
  ];
  const own = listOf(key).filter((item): item is Class => typeof item === 'function');
  return [...own, ...listOf('imports').flatMap((module) => classesBelow(module, key, seen))];
}

/** Resolvers of the API, found where its modules name them. */
export function publicResolvers(): Class[] {
  return [...new Set(classesBelow(ApiModule.forRoot(), 'providers'))].filter(
    (c) => Reflect.hasMetadata('graphql:resolver_type', c) || c.name.endsWith('Resolver'),
  );
}

/** Controllers of the API. */
export function publicControllers(): Class[] {
  return [...new Set(classesBelow(ApiModule.forRoot(), 'controllers'))];
}

/** The public contract, built from the resolver classes alone: no database, no store. */
export async function buildPublicSchema(): Promise<GraphQLSchema> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: ['error', 'warn'] });
  try {
    return lexicographicSortSchema(await app.get(GraphQLSchemaFactory).create(publicResolvers()));
  } finally {
    await app.close();
  }
}

export function schemaText(schema: GraphQLSchema): string {
  return `# Written by \`npm run schema\`. Do not edit.\n\n${printSchema(schema)}\n`;
}
