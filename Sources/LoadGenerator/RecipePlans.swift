// Recipes beyond the plain queue, as part of a role's plan: which of them a role carries out, if any.

internal import Workload

/// What a role that carries out a recipe needs; everything is nil where requests stand alone.
struct RecipePlans {
    var lock: LockPlan?
    var publish: PublishPlan?
    var subscribe: SubscribePlan?
    var schedule: SchedulePlan?
    var tasks: TaskPlan?
    var replay: ReplayPlan?

    /// True if nobody has anything to do beside the list of operations.
    var isEmpty: Bool { lock == nil && publish == nil && subscribe == nil && tasks == nil && replay == nil }
}

extension RolePlan {
    var lock: LockPlan? { recipes.lock }
    var publish: PublishPlan? { recipes.publish }
    var subscribe: SubscribePlan? { recipes.subscribe }
    var scheduling: SchedulePlan? { recipes.schedule }
    var tasks: TaskPlan? { recipes.tasks }
    var replay: ReplayPlan? { recipes.replay }
    /// True if the role's clients have something to finish when the load is over.
    var drains: Bool { take != nil || subscribe != nil || tasks != nil }
}

extension PlanBuilder {
    mutating func planRecipes(of role: Role, index: Int) -> RecipePlans {
        var plans = RecipePlans()
        if let replay = workload.replay, let script, let book {
            plans.replay = ReplayPlan(script, book, replay, builder: &self, role: index)
        }
        for operation in role.operations {
            switch operation {
            case .lock(let locks, let hold):
                plans.lock = LockPlan(workload.tree[locks], hold: hold, builder: &self, role: index)
            case .publish(let topics, let keep, let maxBacklog):
                let entry = workload.tree[topics]
                plans.publish = PublishPlan(entry, keep: keep, maxBacklog: maxBacklog, builder: &self, role: index)
                publishers += role.clients
            case .subscribe(let topics):
                let plan = SubscribePlan(workload.tree[topics], builder: &self, role: index)
                let followed = plan.firstTopic..<(plan.firstTopic + workload.tree[topics].count)
                subscriptions += [Range<Int>](repeating: followed, count: role.clients)
                plans.subscribe = plan
            case .schedule(_, _, let priorities, let delays):
                plans.schedule = SchedulePlan(priorities: priorities, delays: delays)
            case .take(let queue) where workload.isScheduled(queue: queue):
                plans.tasks = TaskPlan(entry: queue, builder: &self, role: index)
            default: break
            }
        }
        return plans
    }
}
