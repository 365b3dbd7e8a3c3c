// The short way from parameters to results, for documents that are kept and have a plan: all that Yoga and the hooks would
// find out about them is known. What is left to ask of each request is asked here, by the hooks' own functions. Whatever
// one of them finds, and whatever does not go well, takes the usual way, on which the hooks say what is wrong.
import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from "graphql";
import type { GraphQLParams, Plugin, PromiseOrValue } from "graphql-yoga";
import { readAcceptance } from "../http/acceptance.ts";
import type { NodeContext } from "../request/params.ts";
import { findExcess } from "./allowance.ts";
import type { DocumentCache } from "./documents.ts";
import { describeOperation } from "./operation-record.ts";
import { planOf } from "./plan.ts";
import { executePlan, subscribeByPlan } from "./run.ts";
import { checkVariables } from "./variables.ts";

export interface PlannedRequestsOptions {
  schema: GraphQLSchema;
  documents: DocumentCache;
  maxPaidFields: number;
}

type Results = ExecutionResult | AsyncIterable<ExecutionResult>;

/** Over HTTP alone, and POST alone: of a GET the usual way has more to ask. WebSocket's operations have no such request. */
export function usePlannedRequests({
  schema,
  documents,
  maxPaidFields,
}: PlannedRequestsOptions): Plugin<object, NodeContext> {
  function execute(
    { query = "", operationName, variables }: GraphQLParams,
    contextValue: NodeContext,
    fallBack: () => PromiseOrValue<Results>,
  ): PromiseOrValue<Results> | undefined {
    const document = documents.get(query);
    if (!document || contextValue.req.method !== "POST") return undefined;
    const args: ExecutionArgs = { schema, document, operationName, variableValues: variables, contextValue };
    const plan = planOf(args);
    if (!plan) return undefined;
    const { stream, isServed } = readAcceptance(contextValue.req.headers.accept);
    const isSubscription = plan.operation.operation === "subscription";
    if (!(isSubscription ? stream : isServed) || findExcess(args, maxPaidFields) || !checkVariables(args))
      return undefined;
    describeOperation(args);
    return isSubscription ? subscribeByPlan(plan, args, fallBack) : executePlan(plan, args, fallBack);
  }

  return {
    onParams({ paramsHandler, setParamsHandler }) {
      setParamsHandler((payload) => {
        const usual = () => paramsHandler(payload);
        return execute(payload.params, payload.context as unknown as NodeContext, usual) ?? usual();
      });
    },
  };
}
