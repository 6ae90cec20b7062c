// Recipes beyond the plain queue, as part of a role's plan: which of them a role carries out, if any.

internal import Workload

/// What a role that carries out a recipe needs; everything is nil where requests stand alone.
struct RecipePlans {
    var lock: LockPlan?
}

extension RolePlan {
    var lock: LockPlan? { recipes.lock }
}

extension PlanBuilder {
    mutating func planRecipes(of role: Role, index: Int) -> RecipePlans {
        var plans = RecipePlans()
        for operation in role.operations {
            if case .lock(let locks, let hold) = operation {
                plans.lock = LockPlan(workload.tree[locks], hold: hold, builder: &self, role: index)
            }
        }
        return plans
    }
}
