//! Who must agree to what is deployed to an environment.

/// The most people who must approve.
pub const MAX_APPROVALS: i64 = 5;

/// Who must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How many people must approve; 0 where it is not protected.
    pub approvals: i64,
    /// Whether somebody else must, where one is enough, no matter who deploys. Where more must, it is so anyway.
    pub others: bool,
}

impl From<i64> for Rule {
    fn from(approvals: i64) -> Self {
        Self { approvals, others: false }
    }
}

/// The code of "somebody else, no matter who deploys" in forms.
const OTHER: &str = "other";

impl Rule {
    /// One other person approves, no matter who deploys.
    pub const OTHER: Self = Self { approvals: 1, others: true };

    /// All of them, those that protect less first.
    pub fn all() -> impl Iterator<Item = Self> {
        let mut all: Vec<Self> = (0..=MAX_APPROVALS).map(Self::from).collect();
        all.push(Self::OTHER);
        all.sort_by_key(|rule| rule.strength());
        all.into_iter()
    }

    /// What it is called in forms.
    #[must_use]
    pub fn code(self) -> String {
        if self == Self::OTHER { OTHER.to_owned() } else { self.approvals.to_string() }
    }

    /// The one of a code, to the letter.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::all().find(|rule| rule.code() == code)
    }

    /// How much it protects, to compare.
    #[must_use]
    pub const fn strength(self) -> i64 {
        2 * self.approvals + if self.others && self.approvals == 1 { 1 } else { 0 }
    }

    /// Whether somebody else must agree, no matter who deploys.
    #[must_use]
    pub const fn needs_others(self) -> bool {
        self.approvals > 1 || (self.approvals == 1 && self.others)
    }

    /// What it means.
    #[must_use]
    pub fn says(self) -> String {
        match self.approvals {
            0 => "Open: Editors can deploy".to_owned(),
            1 if self.others => {
                "Protected: an Admin other than the requester approves each deployment".to_owned()
            }
            1 => "Protected: an Admin deploys, or approves requests from Editors".to_owned(),
            n => format!("Protected: {n} Admins approve, other than the requester"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_by_its_code() {
        let codes: Vec<String> = Rule::all().map(Rule::code).collect();
        assert_eq!(codes, ["0", "1", "other", "2", "3", "4", "5"]);
        assert!(Rule::all().all(|rule| Rule::parse(&rule.code()) == Some(rule)));
        assert!(["", "-1", "6", "Other", " 1", "01"].iter().all(|code| Rule::parse(code).is_none()));
        let strengths: Vec<i64> = Rule::all().map(Rule::strength).collect();
        assert!(strengths.is_sorted_by(|one, next| one < next), "{strengths:?}");
        let others: Vec<bool> = Rule::all().map(Rule::needs_others).collect();
        assert_eq!(others, [false, false, true, true, true, true, true]);
    }
}
