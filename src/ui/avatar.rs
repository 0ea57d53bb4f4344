use leptos::prelude::*;
use uuid::Uuid;

/// Initials on a colour that stays with the thing.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a prop")]
pub fn Avatar(
    /// Whose: the colour goes by it.
    id: Uuid,
    /// The name the initials are of.
    #[prop(into)]
    name: String,
    /// `square` for organizations.
    #[prop(optional)]
    shape: &'static str,
    /// `small` or `large`.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    view! { <Initials letters=initials(&name) hue=hue(id) shape size/> }
}

/// Letters on a colour, both given.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a prop")]
pub fn Initials(
    /// The letters.
    letters: String,
    /// The colour, as an angle of the wheel.
    #[prop(into)]
    hue: String,
    /// `square` for organizations.
    #[prop(optional)]
    shape: &'static str,
    /// `small` or `large`.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    view! {
        <span class="avatar" data-shape=some(shape) data-size=some(size) style=format!("--hue:{hue}") aria-hidden="true">
            {letters}
        </span>
    }
}

/// Up to two initials: of the first and the last word.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).take(2).collect();
    if letters.is_empty() { "?".into() } else { letters }
}

/// An angle of the colour wheel, from the random part of the id.
#[must_use]
pub fn hue(id: Uuid) -> String {
    let [.., a, b] = *id.as_bytes();
    (u16::from_be_bytes([a, b]) % 360).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn initials_are_of_the_first_and_last_word() {
        for (name, letters) in
            [("Ana Novak", "AN"), ("Ana", "A"), ("ana de la Cruz", "AC"), ("李小龙", "李"), ("…", "?")]
        {
            assert_eq!(super::initials(name), letters);
        }
    }
}
