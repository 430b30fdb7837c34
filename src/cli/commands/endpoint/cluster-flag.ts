export const clusterFlag = {
  cluster: { kind: 'boolean', summary: 'use all endpoints from the cluster member list' },
} as const;
